import { schemas } from '@payvand/spec';
import { Compile } from 'typebox/compile';
import type { Members } from './strict-json.js';

const compiled = new Map<string, ReturnType<typeof Compile>>();

/** Whether a value has the published shape of that name. */
export function hasShape(name: string, value: unknown): value is Members {
  return validator(name).Check(value);
}

/** Where a value first differs from the published shape of that name; nothing where it does not. */
export function shapeFault(name: string, value: unknown): string | undefined {
  const [fault] = validator(name).Errors(value);
  return fault === undefined ? undefined : `${fault.instancePath === '' ? '/' : fault.instancePath} ${fault.message}`;
}

export function isShapeKnown(name: string): boolean {
  return schemas[name] !== undefined;
}

function validator(name: string): ReturnType<typeof Compile> {
  const known = compiled.get(name);
  if (known !== undefined) return known;
  const schema = schemas[name];
  if (schema === undefined) throw new TypeError(`no shape ${name}`);
  const made = Compile(schema);
  compiled.set(name, made);
  return made;
}
