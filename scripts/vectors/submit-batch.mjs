const MiB = 1_048_576;
const CONTENT = 65_536;

const batch = (name, contentBytes, taken) => ({
  name,
  requirements: ['PV-SUB-014'],
  input: { contentBytes },
  expect: { taken },
});

/** Which items of a submit request a hub looks at, by the sizes of their contents. */
export function submitBatchVectors() {
  const full = Array.from({ length: MiB / CONTENT }, () => CONTENT);
  return [
    batch('one-item', [CONTENT], 1),
    batch('contents-at-the-limit', full, full.length),
    batch('contents-one-byte-over', [...full, 1], full.length),
    batch('one-byte-over-in-the-last-of-them', [...full.slice(1), CONTENT - 1, 2], full.length),
    batch('a-small-one-after-the-limit-waits-too', [...full, CONTENT, 1], full.length),
    batch(
      'many-small-ones',
      Array.from({ length: 256 }, () => 4096),
      256,
    ),
    batch('the-first-alone-is-looked-at', [MiB + 1, 1], 1),
  ];
}
