/** Where a command speaks: to people in lines, or with `--json` to programs in one JSON object a line. */
export interface Output {
  readonly json: boolean;
  /** the answer, for people: standard output, nothing with `--json` */
  print(line?: string): void;
  /** the answer, for programs: standard output with `--json`, else nothing */
  result(answer: object): void;
  /** what is going on, for people who wait: standard error, nothing with `--json` */
  progress(line: string): void;
  /** what went wrong: standard error, with `--json` an object `{error}` on standard output */
  fail(error: { code: string; message: string }): void;
}

interface Sink {
  write(text: string): unknown;
}

/** Makes the one way commands write; names and texts from elsewhere cannot steer the terminal. */
export function createOutput({ stdout, stderr, json }: { stdout: Sink; stderr: Sink; json: boolean }): Output {
  return {
    json,
    print: (line = '') => {
      if (!json) stdout.write(`${withoutControls(line)}\n`);
    },
    result: (answer) => {
      if (json) stdout.write(`${JSON.stringify(answer)}\n`);
    },
    progress: (line) => {
      if (!json) stderr.write(`${withoutControls(line)}\n`);
    },
    fail: ({ code, message }) => {
      if (json) stdout.write(`${JSON.stringify({ error: { code, message } })}\n`);
      else stderr.write(`payvand: ${withoutControls(message)} (${code})\n`);
    },
  };
}

function withoutControls(text: string): string {
  return text.replace(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/g, '\uFFFD');
}
