const CHUNK_CHARACTERS = 65_536;

/** Lines as a body: each gets its line feed, many go at once, and nothing is asked for before there is room for it. */
export function lineStream(lines: AsyncIterable<string>): ReadableStream<Uint8Array> {
  const chunks = chunksOf(lines);
  const encoder = new TextEncoder();
  return new ReadableStream<Uint8Array>({
    async pull(controller) {
      const { value, done } = await chunks.next();
      if (done === true) controller.close();
      else controller.enqueue(encoder.encode(value));
    },
    async cancel() {
      await chunks.return(undefined);
    },
  });
}

async function* chunksOf(lines: AsyncIterable<string>): AsyncGenerator<string, undefined> {
  let text = '';
  for await (const line of lines) {
    text += `${line}\n`;
    if (text.length < CHUNK_CHARACTERS) continue;
    yield text;
    text = '';
  }
  if (text !== '') yield text;
  return undefined;
}
