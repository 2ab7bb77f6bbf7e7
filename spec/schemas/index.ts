import type { TSchema } from 'typebox';

/** Every published shape by name; `spec/schemas/json/<name>.json` is generated from it. */
export const schemas: Record<string, TSchema> = {};
