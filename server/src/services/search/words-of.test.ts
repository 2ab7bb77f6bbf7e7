import t from 'tap';
import { wordsOf } from './words-of.js';

const wholes = (text: string): string[] => wordsOf(text).map(({ whole }) => whole);

t.test('ways of writing one thing come to the same words', (t) => {
  const rows: [string, ...string[]][] = [
    ['کتاب یاسی', 'كتاب ياسي', 'کِتاب یاسی', 'کتـــاب یاسی', 'كتاب ياسى'],
    ['می‌روم خانه', 'می روم خانه', 'میروم خانه', 'مي‌روم خانة'],
    ['کتاب‌های من', 'کتاب های من', 'کتابهای من', 'كتاب‌هاي من'],
    ['۱۴۰۴', '1404', '١٤٠٤'],
    ['آب مؤثر', 'اب موثر', 'آب موثر'],
    ['Café NAÏVE', 'cafe naive', 'Cafe\u0301 nai\u0308ve'],
    ['خانهٔ ما', 'خانۀ ما', 'خانه ما'],
  ];
  for (const [one, ...others] of rows) for (const other of others) t.same(wholes(other), wholes(one), other);
  t.end();
});

t.test('a half-space keeps the parts, so that they are found alone', (t) => {
  t.same(wordsOf('دانش‌آموز'), [{ whole: 'دانشاموز', parts: ['دانش', 'اموز'] }]);
  t.same(wholes('«سلام!» 😀 (hello, world)'), ['سلام', 'hello', 'world']);
  t.same(wordsOf(' \u200c\u200c … '), []);
  t.equal(wordsOf('a '.repeat(10_000)).length, 512, 'and there is an end to it');
  t.equal(wordsOf('ب'.repeat(1000))[0]?.whole.length, 64);
  t.end();
});
