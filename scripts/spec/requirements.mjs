/** Turns sentences into requirements, and says what is wrong with them. */
import { createHash } from 'node:crypto';
import { idPattern, sentencesOf } from './prose.mjs';

const normative =
  /\b(MUST NOT|MUST|SHALL NOT|SHALL|SHOULD NOT|SHOULD|NOT RECOMMENDED|RECOMMENDED|REQUIRED|MAY|OPTIONAL)\b/g;
const mention = /\bPV-[A-Za-z0-9]+-\d+\b/g;
const bareMarker = new RegExp(`\\*\\*${idPattern}\\*\\*`, 'g');
const wellFormed = new RegExp(`^${idPattern}$`);

/**
 * @param files `{file, blocks}` per prose file
 * @param terms the closed lists of spec/registries/requirement-terms.json
 * @returns `requirements` sorted by id, `mentions` (ids spoken of elsewhere in the prose) and `faults` `{rule, at, message}`
 */
export function extractRequirements(files, terms) {
  const found = { requirements: [], mentions: [], faults: [] };
  for (const { file, blocks } of files) {
    const prose = blocks.map((block) => (block.kind === 'fence' ? [] : sentencesOf(block)));
    prose.forEach((sentences, nth) => {
      const attached = sentences.at(-1)?.text.endsWith(':') ? listAfter(blocks, prose, nth) : '';
      sentences.forEach((sentence, i) =>
        readSentence(found, sentence, { file, terms, attached: i === sentences.length - 1 ? attached : '' }),
      );
    });
  }
  found.requirements.sort((a, b) => (a.id < b.id ? -1 : 1));
  repeatedIds(found);
  return found;
}

/** The items, rows or code a sentence ending in a colon introduces belong to it, unless they carry ids of their own. */
function listAfter(blocks, prose, nth) {
  const rest = blocks.slice(nth + 1);
  const isPart = (block, i) =>
    ['item', 'row', 'fence'].includes(block.kind) && prose[nth + 1 + i].every(({ markers }) => markers.length === 0);
  const count = rest.findIndex((block, i) => !isPart(block, i) || (i > 0 && block.kind !== rest[0].kind));
  return rest
    .slice(0, count === -1 ? undefined : count)
    .map(({ text }) => `\n${text.trim()}`)
    .join('');
}

function readSentence(found, sentence, { file, terms, attached }) {
  const { markers, text, plain, line } = sentence;
  const fault = (rule, message) => found.faults.push({ rule, at: `${file}:${line}`, message });
  const words = plain.match(normative) ?? [];
  for (const id of text.replace(bareMarker, '').match(mention) ?? [])
    found.mentions.push({ id, at: `${file}:${line}` });
  if (text.search(bareMarker) !== -1) fault('id-without-terms', `write **id** {level=… role=… profile=…}: ${text}`);
  if (markers.length > 1)
    fault('one-id-a-sentence', `${markers.map(({ id }) => id).join(', ')} stand before one sentence`);
  const [own] = markers;
  if (!own) {
    if (words.length > 0) fault('sentence-without-id', `"${words[0]}" without an id: ${text}`);
    return;
  }
  if (words.length === 0)
    fault('id-without-word', `${own.id} stands before a sentence without a requirement word: ${text}`);
  const values = readTerms(own, terms, fault);
  const levels = new Set(words.map((word) => levelOf(word, terms)));
  if (levels.size > 1) fault('one-level-a-sentence', `${own.id} mixes ${words.join(', ')}: split it`);
  else if (levels.size === 1 && !levels.has(values.level))
    fault('level-disagrees', `${own.id} says level=${values.level}, its word is ${words[0]}`);
  const { level, role, profile, test } = values;
  const sha256 = createHash('sha256').update(`${text}${attached}`).digest('hex');
  found.requirements.push({ id: own.id, level, role, profile, ...(test && { test }), file, sentence: text, sha256 });
}

const levelOf = (word, terms) => Object.keys(terms.levels).find((level) => terms.levels[level].includes(word));

function readTerms({ id, attributes }, terms, fault) {
  const values = {};
  for (const part of attributes.split(/\s+/).filter(Boolean)) {
    const [key, value] = part.split('=');
    if (!['level', 'role', 'profile', 'test'].includes(key) || !value || key in values)
      fault('unknown-term', `${id}: "${part}"`);
    else values[key] = value;
  }
  const closed = { level: terms.levels, role: terms.roles, profile: terms.profiles, test: terms.tests };
  for (const [key, list] of Object.entries(closed)) {
    if (!(key in values) && key !== 'test') fault('missing-term', `${id} has no ${key}`);
    for (const value of (values[key] ?? '').split(',').filter(Boolean))
      if (!Object.hasOwn(list, value)) fault('unknown-term', `${id}: ${key}=${value} is not in requirement-terms.json`);
  }
  return values;
}

function repeatedIds({ requirements, faults }) {
  requirements.forEach(({ id, file }, i) => {
    if (requirements[i - 1]?.id === id) faults.push({ rule: 'repeated-id', at: file, message: `${id} is used twice` });
  });
}

/** @returns a fault for every citation `{id, at}` that no requirement answers */
export function unknownCitations(citations, requirements) {
  const known = new Set(requirements.map(({ id }) => id));
  return citations
    .filter(({ id }) => !known.has(id))
    .map(({ id, at }) => ({
      rule: 'unknown-id',
      at,
      message: wellFormed.test(id) ? `${id} is not in the prose` : `${id} is not shaped like PV-ABC-001`,
    }));
}

/** @returns the ids a source or data file cites, with their places */
export function citationsIn(file, text) {
  return text
    .split('\n')
    .flatMap((line, i) => (line.match(mention) ?? []).map((id) => ({ id, at: `${file}:${i + 1}` })));
}
