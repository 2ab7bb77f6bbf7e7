/**
 * Rewrites tuples in the words of JSON Schema 2020-12, which OpenAPI 3.1 uses too: typebox says them in those of draft 7.
 *
 * @param value a schema, or anything that holds schemas
 * @returns a copy
 */
export function modernSchema(value) {
  if (Array.isArray(value)) return value.map(modernSchema);
  if (typeof value !== 'object' || value === null) return value;
  const isTuple = Array.isArray(value.items);
  const members = Object.entries(value).flatMap(([key, member]) => {
    if (isTuple && key === 'additionalItems') return [];
    return [[isTuple && key === 'items' ? 'prefixItems' : key, modernSchema(member)]];
  });
  return { ...Object.fromEntries(members), ...(isTuple && { items: false }) };
}
