const label = '[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?';
const domain = new RegExp(`^(?:${label}\\.)+(?=[a-z])${label}$`);
const localpart = /^[a-z0-9][a-z0-9._-]{0,63}$/;
const hash = /^[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]$/;

/** SPEC PV-ID-001. */
export function isDomain(text: unknown): text is string {
  return typeof text === 'string' && text.length <= 253 && domain.test(text);
}

/** SPEC PV-ID-003, PV-ID-004. */
export function isAddress(text: unknown): text is string {
  if (typeof text !== 'string' || text.length > 128) return false;
  const at = text.indexOf('@');
  return at > 0 && localpart.test(text.slice(0, at)) && isDomain(text.slice(at + 1));
}

/** base64url of 32 bytes */
export function isHash(text: unknown): text is string {
  return typeof text === 'string' && hash.test(text);
}

/** SPEC PV-ID-010. @param letter `e` of an event, `r` of a room */
export function isId(letter: 'e' | 'r', text: unknown): text is string {
  return typeof text === 'string' && text.startsWith(letter) && isHash(text.slice(1));
}

/** The domain of a sender, be it an address or a bare domain. */
export function domainOf(sender: string): string {
  return sender.slice(sender.indexOf('@') + 1);
}
