import { readFileSync } from 'node:fs';

/** A JSON Schema as the OpenAPI document has it. */
export type Schema = Readonly<Record<string, unknown>>;

export interface Parameter {
  readonly name: string;
  readonly in: 'path' | 'query';
  readonly required: boolean;
  readonly schema: Schema;
}

export interface Operation {
  readonly id: string;
  /** upper case */
  readonly method: string;
  /** with `{name}` where a parameter stands, below the document's base */
  readonly path: string;
  readonly isOpen: boolean;
  readonly parameters: readonly Parameter[];
  readonly body?: Schema;
  readonly answers: ReadonlyMap<number, DocumentedAnswer>;
  /** codes a problem may have */
  readonly codes: readonly string[];
}

/** What the document says of one status. */
export interface DocumentedAnswer {
  /** undefined: no body */
  readonly mediaType: string | undefined;
  readonly schema: Schema | undefined;
}

interface ApiDocument {
  readonly paths: Record<string, Record<string, OperationObject>>;
  readonly components: { readonly schemas: Record<string, Schema> };
}

interface OperationObject {
  readonly operationId: string;
  readonly security?: readonly unknown[];
  readonly parameters?: readonly Parameter[];
  readonly requestBody?: { readonly content: Record<string, { readonly schema: Schema }> };
  readonly responses: Record<string, { readonly content?: Record<string, { readonly schema: Schema }> }>;
  readonly 'x-error-codes'?: readonly string[];
}

/** The operations of one of the documents in spec/openapi, with every reference replaced by what it names. */
export function readApi(name: 'client' | 'federation'): Operation[] {
  const file = new URL(`../../../spec/openapi/${name}.json`, import.meta.url);
  const document = JSON.parse(readFileSync(file, 'utf8')) as ApiDocument;
  const resolve = makeResolver(document.components.schemas);
  return Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => readOperation({ path, method, operation, resolve })),
  );
}

interface Parts {
  readonly path: string;
  readonly method: string;
  readonly operation: OperationObject;
  readonly resolve: (schema: Schema) => Schema;
}

function readOperation({ path, method, operation, resolve }: Parts): Operation {
  const body = operation.requestBody?.content['application/json']?.schema;
  return {
    ...{ id: operation.operationId, method: method.toUpperCase(), path },
    isOpen: operation.security?.length === 0,
    parameters: (operation.parameters ?? []).map((one) => ({ ...one, schema: resolve(one.schema) })),
    ...(body === undefined ? {} : { body: resolve(body) }),
    answers: new Map(
      Object.entries(operation.responses).map(([status, { content = {} }]) => {
        const [mediaType, shape] = Object.entries(content)[0] ?? [];
        return [Number(status), { mediaType, schema: shape && resolve(shape.schema) }];
      }),
    ),
    codes: operation['x-error-codes'] ?? [],
  };
}

/** No shape of ours holds itself, so that a reference can stand for its whole text. */
function makeResolver(schemas: Record<string, Schema>): (schema: Schema) => Schema {
  const done = new Map<string, Schema>();
  const walk = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(walk);
    if (typeof value !== 'object' || value === null) return value;
    const { $ref } = value as { $ref?: string };
    if (typeof $ref !== 'string')
      return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, walk(member)]));
    const name = $ref.slice($ref.lastIndexOf('/') + 1);
    const known = done.get(name) ?? (walk(schemas[name]) as Schema);
    done.set(name, known);
    return known;
  };
  return (schema) => walk(schema) as Schema;
}
