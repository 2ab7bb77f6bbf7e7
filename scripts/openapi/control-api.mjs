import { information, makeReferences, problemResponses } from './components.mjs';

const codes = [
  'bad-token',
  'bad-json',
  'bad-request',
  'not-found',
  'too-large',
  'unsupported',
  'unsupported-media-type',
  'internal',
];
/** Codes of the client API stand for what it refuses; which, depends on the operation. */
const refusals = ['unknown-room', 'no-right', 'prior-mismatch', 'taken', 'over-budget', 'hub-unreachable'];

/**
 * @param spec the module @payvand/spec
 * @returns the OpenAPI description of the test controls
 */
export function describeControlApi(spec) {
  const references = makeReferences(spec.controlSchemas);
  const all = [...codes, ...refusals];
  const paths = Object.entries(spec.controlOperations).map(([name, { request, answer }]) => [
    `/${name}`,
    {
      post: {
        operationId: name,
        requestBody: { required: true, content: { 'application/json': { schema: references.use(request) } } },
        responses: {
          200: { description: 'Done.', content: { 'application/json': { schema: references.use(answer) } } },
          ...problemResponses(all, spec, references.use(spec.Problem)),
        },
        'x-error-codes': all,
      },
    },
  ]);
  return {
    openapi: '3.1.0',
    info: information(
      'Payvand test controls',
      'For servers in test mode only. The rules behind the shapes: spec/prose/17-control.md.',
    ),
    servers: [{ url: `http://127.0.0.1:{port}${spec.controlBase}`, variables: { port: { default: '9465' } } }],
    security: [{ secret: [] }],
    paths: Object.fromEntries(paths),
    components: {
      securitySchemes: { secret: { type: 'http', scheme: 'bearer', description: 'The secret of the controls.' } },
      schemas: references.components(),
    },
  };
}
