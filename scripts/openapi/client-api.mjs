import { information, makeReferences, problemResponses } from './components.mjs';

/** Answers of the listener itself, before an endpoint is known. */
const listenerCodes = ['bad-http', 'request-timeout', 'headers-too-large'];

/**
 * @param spec the module @payvand/spec
 * @returns the OpenAPI description of the client API
 */
export function describeClientApi(spec) {
  const references = makeReferences(spec.clientSchemas);
  const paths = {};
  for (const [operationId, endpoint] of Object.entries(spec.clientEndpoints)) {
    const methods = (paths[endpoint.path] ??= {});
    methods[endpoint.method.toLowerCase()] = describeEndpoint(spec, references, { operationId, endpoint });
  }
  paths['/stream'] = { get: describeStream(spec, references) };
  return {
    openapi: '3.1.0',
    info: information(
      'Payvand client API',
      'How people’s programs talk to their home provider. The rules behind the shapes: spec/prose/10-client-api.md.',
    ),
    servers: [
      {
        url: `https://{provider}${spec.clientBase}`,
        variables: { provider: { default: 'soroush.example', description: 'host of the provider’s endpoint' } },
      },
    ],
    security: [{ session: [] }],
    paths,
    components: {
      securitySchemes: {
        session: { type: 'http', scheme: 'bearer', description: 'The token that sign-up or log-in gave.' },
      },
      schemas: references.components(),
    },
  };
}

function describeEndpoint(spec, references, { operationId, endpoint }) {
  const { summary, open, params, query, body, answers, lines, codes = [] } = endpoint;
  const mediaType = lines ? 'application/x-ndjson' : 'application/json';
  const all = [
    ...spec.clientCommonCodes,
    ...listenerCodes,
    ...(open ? [] : ['bad-token']),
    ...(body ? ['unsupported-media-type'] : []),
    ...codes,
  ];
  return {
    operationId,
    summary,
    ...(open && { security: [] }),
    ...((params || query) && {
      parameters: [...parameters(references, 'path', params), ...parameters(references, 'query', query)],
    }),
    ...(body && {
      requestBody: { required: true, content: { 'application/json': { schema: references.use(body) } } },
    }),
    responses: {
      ...Object.fromEntries(
        Object.entries(answers).map(([status, shape]) => [status, answer(references, shape, mediaType)]),
      ),
      ...problemResponses(all, spec, references.use(spec.Problem)),
    },
    'x-error-codes': all,
  };
}

function parameters(references, place, shape) {
  return Object.entries(shape?.properties ?? {}).map(([name, schema]) => ({
    name,
    in: place,
    required: place === 'path' || (shape.required ?? []).includes(name),
    schema: references.use(schema),
  }));
}

function answer(references, shape, mediaType) {
  if (shape === null) return { description: 'Done.' };
  return { description: 'Done.', content: { [mediaType]: { schema: references.use(shape) } } };
}

function describeStream(spec, references) {
  const codes = ['not-supported', 'overloaded', ...listenerCodes];
  return {
    operationId: 'openStream',
    summary: 'Opens the live stream, a WebSocket: the client sends `stream-op`s, the server `stream-frame`s.',
    security: [],
    responses: {
      101: { description: 'The socket is open; the first op must be `open`.' },
      ...problemResponses(codes, spec, references.use(spec.Problem)),
    },
    'x-error-codes': codes,
    'x-ops': references.use(spec.StreamOp),
    'x-frames': references.use(spec.StreamFrame),
  };
}
