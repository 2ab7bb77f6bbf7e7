import type { Config } from './config.js';
import type { ControlParts } from './start-control.js';

/** Opens the test controls where there are to be any; what they are made of is loaded only then. */
export async function openControl(
  { controlListen: listen, controlSecret: secret }: Config,
  parts: ControlParts,
): Promise<readonly { readonly name: string; readonly stop: () => Promise<void> }[]> {
  if (listen === undefined || secret === undefined) return [];
  const { startControl } = await import('./start-control.js');
  const control = await startControl({ ...parts, listen, secret });
  return [{ name: 'controls', stop: () => control.stop() }];
}
