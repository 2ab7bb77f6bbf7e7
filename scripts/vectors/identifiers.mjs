import { hashText } from '../lib/signed-objects.mjs';

const label63 = 'a'.repeat(63);
/** A domain of exactly `length` characters out of labels of at most 50. */
const domainOfLength = (length) => `${'b'.repeat(49)}.`.repeat(Math.floor(length / 50)).concat('c'.repeat(length % 50));

const domains = {
  accepted: {
    'two-labels': 'a.example',
    'three-labels': 'chat.a.example',
    'digits-and-hyphen': '7-up.example',
    'one-letter-labels': 'a.b',
    'punycode-label': 'xn--mgba3a4f16a.xn--mgba3a4f16a',
    'label-of-63': `${label63}.example`,
    'last-label-of-63': `a.${label63}`,
    'length-253': domainOfLength(253),
    'hyphens-inside': 'a--b.example',
  },
  refused: {
    empty: '',
    'one-label': 'localhost',
    'label-of-64': `${label63}a.example`,
    'last-label-of-64': `a.${label63}a`,
    'length-254': domainOfLength(254),
    'upper-case': 'A.example',
    'trailing-dot': 'a.example.',
    'leading-dot': '.a.example',
    'empty-label': 'a..example',
    'hyphen-first': '-a.example',
    'hyphen-last': 'a-.example',
    underscore: 'a_b.example',
    port: 'a.example:443',
    ipv4: '127.0.0.1',
    'ipv4-hexadecimal': '0x7f.1',
    'last-label-begins-with-digit': 'a.1example',
    ipv6: '[::1]',
    unicode: 'پیوند.example',
    space: 'a .example',
    'line-feed-after': 'a.example\n',
    'with-localpart': 'alice@a.example',
  },
};

const addresses = {
  accepted: {
    simple: 'alice@a.example',
    'all-characters': '0a.b_c-d@a.example',
    'localpart-of-1': 'a@a.example',
    'localpart-of-64': `${'a'.repeat(64)}@a.example`,
    'length-128': `${'a'.repeat(10)}@${domainOfLength(117)}`,
    'ends-with-dot': 'alice.@a.example',
  },
  refused: {
    'localpart-empty': '@a.example',
    'localpart-of-65': `${'a'.repeat(65)}@a.example`,
    'length-129': `${'a'.repeat(11)}@${domainOfLength(117)}`,
    'upper-case': 'Alice@a.example',
    'leading-dot': '.alice@a.example',
    'leading-hyphen': '-alice@a.example',
    plus: 'alice+1@a.example',
    unicode: 'علی@a.example',
    'two-ats': 'alice@b@a.example',
    'no-at': 'a.example',
    'bad-domain': 'alice@localhost',
    'space-before': ' alice@a.example',
    'line-feed-after': 'alice@a.example\n',
  },
};

const hash = hashText('an event');
const hashes = (prefix) => ({
  accepted: { 'well-formed': `${prefix}${hash}`, 'all-zero': `${prefix}${'A'.repeat(43)}` },
  refused: {
    empty: '',
    'other-prefix': `x${hash}`,
    'no-prefix': hash,
    'stray-bits': `${prefix}${'A'.repeat(42)}B`,
    short: `${prefix}${hash.slice(1)}`,
    long: `${prefix}${hash}A`,
    padded: `${prefix}${hash}=`,
    'standard-alphabet': `${prefix}${'A'.repeat(41)}+A`,
    'line-feed-after': `${prefix}${hash}\n`,
  },
});

export function identifierVectors() {
  return [
    ...group('domain', ['PV-ID-001'], domains),
    ...group('address', ['PV-ID-003', 'PV-ID-004'], addresses),
    ...group('event-id', ['PV-ID-007', 'PV-ID-010'], hashes('e')),
    ...group('room-id', ['PV-ID-008', 'PV-ID-010'], hashes('r')),
  ];
}

function group(kind, requirements, { accepted, refused }) {
  const vector =
    (ok) =>
    ([name, text]) => ({
      name: `${kind}-${name}`,
      requirements,
      input: { operation: kind, text },
      expect: { ok },
    });
  return [...Object.entries(accepted).map(vector(true)), ...Object.entries(refused).map(vector(false))];
}
