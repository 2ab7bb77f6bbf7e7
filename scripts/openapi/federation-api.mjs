import { information, makeReferences, problemResponses } from './components.mjs';

/** Answers any verb may give: of the listener, of the signature check, of the budgets, of the shapes. */
const commonCodes = [
  ...['bad-http', 'request-timeout', 'headers-too-large', 'unsupported-media-type', 'too-large'],
  ...['unknown-peer', 'bad-signature', 'blocked', 'over-budget', 'overloaded', 'internal', 'bad-json', 'bad-request'],
  'unavailable',
];
/** What else a verb may answer as a whole. */
const ownCodes = {
  log: ['unknown-room'],
  join: ['unknown-room'],
  snapshot: ['unknown-room'],
  directory: ['not-found', 'wrong-origin'],
  report: ['bad-report', 'wrong-origin'],
};

/**
 * @param spec the module @payvand/spec
 * @returns the OpenAPI description of what providers ask of each other
 */
export function describeFederationApi(spec) {
  const references = makeReferences(spec.federationSchemas);
  const verbs = Object.entries(spec.federationVerbs).map(([verb, shapes]) => [
    `/payvand/v1/${verb}`,
    { post: describeVerb(spec, references, { verb, ...shapes }) },
  ]);
  return {
    openapi: '3.1.0',
    info: information(
      'Payvand federation API',
      'What providers ask of each other. The rules behind the shapes: spec/prose.',
    ),
    servers: [
      {
        url: 'https://{provider}',
        variables: { provider: { default: 'soroush.example', description: 'the endpoint of the provider document' } },
      },
    ],
    security: [{ signature: [] }],
    paths: { '/.well-known/payvand': { get: documentEndpoint }, ...Object.fromEntries(verbs) },
    components: {
      securitySchemes: {
        signature: {
          type: 'apiKey',
          in: 'header',
          name: 'Signature',
          description: 'HTTP message signature (RFC 9421) in the one profile of spec/prose/03-request-signatures.md.',
        },
      },
      schemas: references.components(),
    },
  };
}

const documentEndpoint = {
  operationId: 'readProviderDocument',
  summary: 'The provider document, a JWS signed by the provider’s root.',
  security: [],
  responses: {
    200: {
      description: 'A compact JWS.',
      content: { 'application/jose': { schema: { type: 'string', maxLength: 65536 } } },
    },
  },
};

function describeVerb(spec, references, { verb, class: budget, request, answer }) {
  const codes = [...commonCodes, ...(ownCodes[verb] ?? [])];
  return {
    operationId: verb,
    requestBody: { required: true, content: { 'application/json': { schema: references.use(request) } } },
    responses: {
      200: { description: 'Done.', content: { 'application/json': { schema: references.use(answer) } } },
      ...problemResponses(codes, spec, references.use(spec.Problem)),
    },
    'x-budget': budget,
    'x-error-codes': codes,
  };
}
