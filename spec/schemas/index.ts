import type { TSchema } from 'typebox';
import { archiveFormats } from './archive.js';
import { eventFormats } from './event-formats.js';
import { clientSchemas } from './client.js';
import { conformanceFormats } from './conformance-report.js';
import { controlSchemas } from './control.js';
import { federationSchemas } from './federation.js';
import { signedFormats } from './signed-formats.js';

export * from './client.js';
export { clientBase, clientBodyBytesMax, clientCommonCodes, clientSendBytesMax } from './client-endpoint.js';
export type { ClientEndpoint } from './client-endpoint.js';
export * from './client-frames.js';
export { DisplayName, Localpart, Password, Problem, RequestKey, sendContents } from './client-parts.js';
export type { ConformanceReport, ConformanceWitness } from './conformance-report.js';
export * from './control.js';
export * from './error-codes.js';
export * from './federation-parts.js';
export * from './federation.js';
export * from './limits.js';

/** Every published shape by name; `spec/schemas/json/<name>.json` is generated from it. */
export const schemas: Record<string, TSchema> = {
  ...eventFormats,
  ...signedFormats,
  ...archiveFormats,
  ...federationSchemas,
  ...clientSchemas,
  ...controlSchemas,
  ...conformanceFormats,
};
