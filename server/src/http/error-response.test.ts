import t from 'tap';
import { errorCodes } from '@payvand/spec';
import type { ErrorCode } from '@payvand/spec';
import { writeProblem } from './error-response.js';

t.test('PV-ERR-005 whoever may come again later is told when', (t) => {
  for (const code of Object.keys(errorCodes) as ErrorCode[]) {
    const { status, headers } = writeProblem(code);
    const hasWait = /^[1-9][0-9]*$/.test(headers['retry-after'] ?? '');
    t.equal(hasWait, status === 429 || status === 503, code);
  }
  t.equal(writeProblem('unknown-peer', { retryAfterS: 1.2 }).headers['retry-after'], '2', 'whole seconds');
  t.equal(writeProblem('overloaded', { retryAfterS: 30 }).headers['retry-after'], '30', 'as long as is known');
  t.end();
});
