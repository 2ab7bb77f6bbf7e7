import t from 'tap';
import { contactFactor } from './contact-factor.js';

t.test('PV-LIM-010 a provider of which nothing is known has its budget as it is', async (t) => {
  t.equal(contactFactor({ asked: 0, granted: 0, reported: 0 }), 1);
});

t.test(
  'PV-LIM-011 the budget grows with grants, shrinks without them and with reports, and stays within bounds',
  async (t) => {
    const counts = { asked: 100, granted: 50, reported: 0 };
    t.ok(contactFactor(counts) > 1);
    t.ok(contactFactor({ ...counts, granted: 10 }) < contactFactor(counts));
    t.ok(contactFactor({ ...counts, reported: 5 }) < contactFactor(counts));
    t.ok(contactFactor({ ...counts, granted: 100_000 }) <= 4);
    t.equal(contactFactor({ asked: 1000, granted: 0, reported: 1000 }), 1 / 16);
  },
);
