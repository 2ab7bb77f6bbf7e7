import type { Static, TSchema } from 'typebox';
import { Compile } from 'typebox/compile';
import { ProtocolError } from '../protocol/protocol-error.js';

/**
 * Compiles a shape into a function that gives a body its type.
 *
 * @returns throws ProtocolError `bad-request` naming the first member at fault
 * @see PV-ERR-004
 */
export function requireShape<Shape extends TSchema>(shape: Shape): (body: unknown) => Static<Shape> {
  const compiled = Compile<TSchema>(shape);
  return (body) => {
    if (compiled.Check(body)) return body as Static<Shape>;
    const [first] = compiled.Errors(body);
    const part = first === undefined || first.instancePath === '' ? '/' : first.instancePath;
    throw new ProtocolError('bad-request', { part, ...(first && { detail: first.message.slice(0, 200) }) });
  };
}
