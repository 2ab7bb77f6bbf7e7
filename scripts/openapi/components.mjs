/** What both API descriptions are made of. */

const retryHeader = { 'Retry-After': { description: 'Seconds to wait.', schema: { type: 'integer', minimum: 1 } } };

/**
 * @param schemas published shapes by name
 * @returns `use`: a copy of a schema in which shapes with a name are references; `components`: those that were used
 */
export function makeReferences(schemas) {
  const names = new Map();
  for (const [name, schema] of Object.entries(schemas)) {
    const text = JSON.stringify(schema);
    // Shapes that look alike are written out: a time is no seq.
    names.set(text, names.has(text) ? undefined : name);
  }
  const used = new Map();
  const walk = (value, isRoot) => {
    if (typeof value !== 'object' || value === null) return value;
    const name = isRoot ? undefined : names.get(JSON.stringify(value));
    if (name !== undefined) {
      if (!used.has(name)) {
        used.set(name, undefined);
        used.set(name, walk(schemas[name], true));
      }
      return { $ref: `#/components/schemas/${name}` };
    }
    if (Array.isArray(value)) return value.map((item) => walk(item, false));
    return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, walk(member, false)]));
  };
  return {
    use: (schema) => walk(schema, false),
    components: () => Object.fromEntries([...used].sort(([one], [other]) => (one < other ? -1 : 1))),
  };
}

/**
 * @param codes error codes an operation may answer
 * @returns one response per status, naming its codes
 */
export function problemResponses(codes, { errorCodes }, problem) {
  const byStatus = new Map();
  for (const code of new Set(codes)) {
    const { status } = errorCodes[code];
    byStatus.set(status, [...(byStatus.get(status) ?? []), code]);
  }
  return Object.fromEntries(
    [...byStatus].map(([status, alike]) => [
      status,
      {
        description: alike.map((code) => `\`${code}\`: ${errorCodes[code].en}`).join(' '),
        ...([429, 503].includes(status) && { headers: retryHeader }),
        content: { 'application/problem+json': { schema: problem } },
      },
    ]),
  );
}

export const information = (title, description) => ({
  title,
  version: '0.1.0',
  description,
  license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
});
