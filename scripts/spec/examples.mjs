/** Checks the fenced examples of the prose against the published schemas. */
import { Compile } from 'typebox/schema';

/**
 * A fence ```json example=name``` holds a value of that schema, ```text example=name``` a string of it; `invalid` after the name
 * turns the expectation round. Other json fences only have to parse.
 *
 * @param files `{file, blocks}` per prose file
 * @param schemas schema by name
 * @returns `count` of examples checked and `faults`
 */
export function checkExamples(files, schemas) {
  const faults = [];
  let count = 0;
  for (const { file, blocks } of files)
    for (const block of blocks.filter(({ kind }) => kind === 'fence')) {
      const fault = (rule, message) => faults.push({ rule, at: `${file}:${block.line}`, message });
      if (block.isOpen) fault('open-fence', 'this fence is never closed');
      if (/\bexample=/.test(block.info)) count++;
      checkFence(block, schemas, fault);
    }
  return { count, faults };
}

function checkFence({ info, text }, schemas, fault) {
  const [language, ...words] = info.split(/\s+/);
  const name = words.find((word) => word.startsWith('example='))?.slice('example='.length);
  const value = language === 'json' ? parse(text, fault) : text.trim();
  if (name === undefined || value === undefined) return;
  if (language !== 'json' && language !== 'text')
    return fault('example-language', `an example is json or text, not "${language}"`);
  if (!Object.hasOwn(schemas, name)) return fault('unknown-schema', `there is no spec/schemas/json/${name}.json`);
  const schema = Compile(schemas, schemas[name]);
  const isExpected = !words.includes('invalid');
  if (schema.Check(value) === isExpected) return;
  const [, errors] = schema.Errors(value);
  const why = errors.map(({ instancePath, message }) => `${instancePath || '/'} ${message}`).join('; ');
  fault('example-invalid', isExpected ? `not a valid ${name}: ${why}` : `marked invalid, yet a valid ${name}`);
}

function parse(text, fault) {
  try {
    return JSON.parse(text);
  } catch (error) {
    fault('example-not-json', error.message);
    return undefined;
  }
}
