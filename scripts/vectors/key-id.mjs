import { hex, vectorKey } from '../lib/vector-keys.mjs';

export function keyIdVectors() {
  const made = ['alice', 'bob', 'seal'].map((label) => {
    const { publicKey, kid } = vectorKey(label);
    return {
      name: `thumbprint-of-${label}`,
      requirements: ['PV-KID-001'],
      input: { operation: 'thumbprint', publicKeyHex: hex(publicKey) },
      expect: { ok: true, kid },
    };
  });
  const { kid } = vectorKey('alice');
  const lastCharacter = (character) => `${kid.slice(0, 42)}${character}`;
  const parsed = (name, text, ok) => ({
    name,
    requirements: ['PV-KID-002', 'PV-B64-002', 'PV-B64-003'],
    input: { operation: 'parse', text },
    expect: { ok },
  });
  return [
    ...made,
    parsed('well-formed', kid, true),
    parsed('all-zero', 'A'.repeat(43), true),
    parsed('empty', '', false),
    parsed('31-bytes', 'A'.repeat(42), false),
    parsed('33-bytes', 'A'.repeat(44), false),
    parsed('stray-bits', lastCharacter('B'), false),
    parsed('padded', `${kid}=`, false),
    parsed('standard-alphabet', lastCharacter('/'), false),
    parsed('space-after', `${kid} `, false),
  ];
}
