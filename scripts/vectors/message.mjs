import { nonceOf } from '../lib/signed-objects.mjs';

const salt = nonceOf('salt');
const bob = 'bob@b.example';

/** Contents of messages: shape and what shapes cannot say. `type` is `message` where it is not named. */
export function messageVectors() {
  return [...wholes(), ...entities(), ...places(), ...bodies(), ...polls(), ...votes(), ...mentions()];
}

function vector(name, requirement, { content, ok, type = 'message', ...expect }) {
  return {
    name,
    requirements: [requirement],
    input: { operation: 'check', type, content: { salt, ...content } },
    expect: { ok, ...expect },
  };
}

function of(prefix, requirement, { accepted = {}, refused = {} }, type) {
  const made =
    (ok) =>
    ([name, content]) =>
      vector(`${prefix}-${name}`, requirement, { content, ok, type });
  return [...Object.entries(accepted).map(made(true)), ...Object.entries(refused).map(made(false))];
}

const place = { lat: 356_892_000, lon: 513_890_000 };
const card = { name: 'علی', address: 'ali@b.example' };
const poll = { question: 'چای یا قهوه؟', options: ['چای', 'قهوه', 'هیچ‌کدام'] };
const alt = 'a body';

function wholes() {
  return [
    ...of('message', 'PV-MSG-001', {
      accepted: {
        text: { text: 'سلام' },
        'text-of-16384': { text: 'a'.repeat(16_384) },
        'text-of-16384-outside-the-bmp': { text: '😀'.repeat(16_000) },
        body: { alt, location: place },
        'text-and-body': { text: 'here', alt, location: place },
        'unknown-member': { text: 'a', later: {} },
      },
      refused: {
        empty: {},
        'text-empty': { text: '' },
        'text-of-16385': { text: 'a'.repeat(16_385) },
        'two-bodies': { alt, location: place, contact: card },
        'alt-alone': { alt },
      },
    }),
    ...of('message', 'PV-MSG-002', {
      accepted: { 'alt-of-200': { alt: 'a'.repeat(200), contact: card } },
      refused: {
        'body-without-alt': { text: 'here', location: place },
        'alt-of-201': { alt: 'a'.repeat(201), contact: card },
        'alt-of-two-lines': { alt: 'a\nb', contact: card },
      },
    }),
    ...of('message', 'PV-MSG-006', {
      accepted: { silent: { text: 'a', silent: true } },
      refused: { 'silent-false': { text: 'a', silent: false } },
    }),
    ...of('topic', 'PV-MSG-032', {
      accepted: { 'title-of-128': { text: 'a', topic: { title: 'ت'.repeat(128) } } },
      refused: {
        'title-of-129': { text: 'a', topic: { title: 'ت'.repeat(129) } },
        'without-title': { text: 'a', topic: {} },
      },
    }),
    ...of(
      'edit',
      'PV-CNT-021',
      {
        accepted: { text: { text: 'b' }, entities: { text: 'b', entities: [{ type: 'bold', offset: 0, length: 1 }] } },
        refused: { empty: {}, 'entity-outside': { text: 'b', entities: [{ type: 'bold', offset: 1, length: 1 }] } },
      },
      'message.edit',
    ),
  ];
}

const text = 'abc 😀 می‌خواهم def';
const marked = (...list) => ({ text, entities: list });
const span = (offset, length, type = 'bold', more = {}) => ({ type, offset, length, ...more });

function entities() {
  const link = (url) => marked(span(0, 3, 'link', { url }));
  return of('entity', 'PV-MSG-011', {
    accepted: {
      none: marked(),
      'of-each-style': marked(
        ...['bold', 'italic', 'underline', 'strike', 'spoiler', 'quote'].map((t) => span(0, 3, t)),
      ),
      code: marked(span(0, 3, 'code')),
      pre: marked(span(0, 3, 'pre')),
      'pre-in-a-language': marked(span(0, 3, 'pre', { lang: 'c++' })),
      link: link('https://b.example/سلام?q=1'),
      'link-mail': link('mailto:bob@b.example'),
      mention: marked(span(0, 3, 'mention', { address: bob })),
      'mention-all': marked(span(0, 3, 'mention', { all: true })),
      100: { text: 'a'.repeat(100), entities: Array.from({ length: 100 }, (_, n) => span(n, 1)) },
    },
    refused: {
      101: { text: 'a'.repeat(101), entities: Array.from({ length: 101 }, (_, n) => span(n, 1)) },
      'unknown-type': marked(span(0, 3, 'blink')),
      'not-listed': { text, entities: {} },
      'without-text': { alt, location: place, entities: [span(0, 1)] },
      'pre-language-of-33': marked(span(0, 3, 'pre', { lang: 'x'.repeat(33) })),
      'link-without-url': marked(span(0, 3, 'link')),
      'link-script': link('javascript:alert(1)'),
      'link-with-space': link('https://b.example/a b'),
      'link-of-2049': link(`https://${'a'.repeat(2041)}`),
      'mention-of-nobody': marked(span(0, 3, 'mention')),
      'mention-of-a-domain': marked(span(0, 3, 'mention', { address: 'b.example' })),
      'mention-of-one-and-all': marked(span(0, 3, 'mention', { address: bob, all: true })),
      'mention-all-false': marked(span(0, 3, 'mention', { all: false })),
    },
  });
}

function places() {
  const end = text.length;
  return [
    ...of('range', 'PV-MSG-012', {
      accepted: {
        'to-the-end': marked(span(end - 1, 1)),
        whole: marked(span(0, end)),
        'of-a-pair': marked(span(4, 2)),
      },
      refused: {
        'beyond-the-end': marked(span(end - 1, 2)),
        'of-nothing': marked(span(0, 0)),
        negative: marked(span(-1, 2)),
        'begins-in-a-pair': marked(span(5, 2)),
        'ends-in-a-pair': marked(span(4, 1)),
        fraction: marked(span('0', 1)),
      },
    }),
    ...of('order', 'PV-MSG-013', {
      accepted: {
        'same-range': marked(span(0, 3), span(0, 3, 'italic')),
        'longer-first': marked(span(0, 3), span(0, 2, 'italic')),
      },
      refused: {
        'shorter-first': marked(span(0, 2), span(0, 3, 'italic')),
        backwards: marked(span(7, 2), span(0, 3)),
      },
    }),
    ...of('nesting', 'PV-MSG-014', {
      accepted: {
        'side-by-side': marked(span(0, 2), span(2, 1)),
        'three-deep': marked(span(0, 10), span(0, 6, 'quote'), span(1, 2, 'italic'), span(7, 2, 'strike')),
        'ends-together': marked(span(0, 3), span(1, 2, 'italic')),
      },
      refused: {
        overlap: marked(span(0, 2), span(1, 2, 'italic')),
        'overlap-within': marked(span(0, 10), span(0, 3), span(2, 3)),
      },
    }),
    ...of('literal', 'PV-MSG-015', {
      accepted: {
        'code-in-bold': marked(span(0, 3), span(0, 3, 'code')),
        'after-code': marked(span(0, 2, 'code'), span(2, 1)),
      },
      refused: {
        'bold-in-code': marked(span(0, 3, 'code'), span(1, 1)),
        'bold-in-pre': marked(span(0, 3, 'pre'), span(0, 3)),
      },
    }),
  ];
}

function bodies() {
  const located = (changes) => ({ alt, location: { ...place, ...changes } });
  const carded = (contact) => ({ alt, contact });
  return [
    ...of('location', 'PV-MSG-007', {
      accepted: {
        place: located({}),
        'south-west': located({ lat: -900_000_000, lon: -1_800_000_000 }),
        'north-east': located({ lat: 900_000_000, lon: 1_800_000_000 }),
        full: located({ accuracy: 100_000, title: 'دفتر' }),
      },
      refused: {
        'too-far-north': located({ lat: 900_000_001 }),
        'too-far-south': located({ lat: -900_000_001 }),
        'too-far-east': located({ lon: 1_800_000_001 }),
        'too-far-west': located({ lon: -1_800_000_001 }),
        'accuracy-of-100001': located({ accuracy: 100_001 }),
        'without-lon': { alt, location: { lat: 1 } },
      },
    }),
    ...of('contact', 'PV-MSG-008', {
      accepted: {
        address: carded(card),
        phone: carded({ name: 'a', phone: '+982112345678' }),
        both: carded({ ...card, phone: '+12345' }),
      },
      refused: {
        'name-alone': carded({ name: 'a' }),
        'without-name': carded({ address: bob }),
        'phone-of-4': carded({ name: 'a', phone: '+1234' }),
        'phone-of-16': carded({ name: 'a', phone: '+1234567890123456' }),
        'phone-with-spaces': carded({ name: 'a', phone: '+98 21 123' }),
      },
    }),
  ];
}

function polls() {
  const asked = (changes) => ({ alt, poll: { ...poll, ...changes } });
  const options = (count) => Array.from({ length: count }, (_, n) => `option ${n}`);
  return of('poll', 'PV-MSG-041', {
    accepted: {
      single: asked({}),
      multiple: asked({ multiple: true }),
      anonymous: asked({ anonymous: true }),
      quiz: asked({ quiz: { correct: 2, explanation: 'because' } }),
      closing: asked({ closes: 1_790_000_000_000 }),
      'options-2': asked({ options: options(2) }),
      'options-12': asked({ options: options(12) }),
      'question-of-300': asked({ question: 'q'.repeat(300) }),
      'option-of-100': asked({ options: ['a'.repeat(100), 'b'] }),
    },
    refused: {
      'options-1': asked({ options: options(1) }),
      'options-13': asked({ options: options(13) }),
      'options-repeated': asked({ options: ['a', 'a'] }),
      'option-empty': asked({ options: ['a', ''] }),
      'option-of-101': asked({ options: ['a'.repeat(101), 'b'] }),
      'question-of-301': asked({ question: 'q'.repeat(301) }),
      'multiple-false': asked({ multiple: false }),
      'quiz-answer-outside': asked({ quiz: { correct: 3 } }),
      'quiz-without-answer': asked({ quiz: {} }),
      'quiz-multiple': asked({ multiple: true, quiz: { correct: 0 } }),
    },
  });
}

function votes() {
  return of(
    'vote',
    'PV-MSG-043',
    {
      accepted: { one: { choices: [0] }, several: { choices: [2, 0] }, none: { choices: [] } },
      refused: { without: {}, 'choice-12': { choices: [12] }, negative: { choices: [-1] }, twice: { choices: [1, 1] } },
    },
    'message.vote',
  );
}

/** Whom a message mentions, in the order they first appear; null: the text is plain. */
function mentions() {
  const mention = (offset, more) => span(offset, 1, 'mention', more);
  const found = (name, requirement, { content, expect }) => ({
    name: `mentions-${name}`,
    requirements: [requirement],
    input: { operation: 'mentions', content: { salt, ...content } },
    expect,
  });
  const carol = 'carol@c.example';
  return [
    found('two-people', 'PV-MSG-018', {
      content: marked(mention(0, { address: bob }), mention(1, { address: carol }), mention(2, { address: bob })),
      expect: { addresses: [bob, carol], all: false },
    }),
    found('everybody', 'PV-MSG-019', {
      content: marked(mention(0, { all: true })),
      expect: { addresses: [], all: true },
    }),
    found('nobody', 'PV-MSG-018', { content: marked(span(0, 3)), expect: null }),
    found('beside-an-unknown-entity', 'PV-MSG-016', {
      content: marked(mention(0, { address: bob }), span(1, 1, 'later')),
      expect: { addresses: [bob], all: false },
    }),
    found('in-a-text-with-a-wrong-entity', 'PV-MSG-016', {
      content: marked(mention(0, { address: bob }), span(0, 3)),
      expect: null,
    }),
  ];
}
