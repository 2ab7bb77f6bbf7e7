import type { AccountNews } from './account-news.js';
import type { Authenticated } from './accounts/account-deps.js';
import { readMe } from './accounts/profiles.js';
import { viewOfRequest } from './accounts/requests.js';
import type { ServiceDeps } from './deps.js';
import { viewOfReport } from './make-report.js';

/**
 * The frame that tells a person what an entry of the account's log is about, as it stands now; rooms have their own way.
 *
 * @returns undefined when it is gone
 * @see PV-STR-009
 */
export async function frameOfNews(
  { store }: Pick<ServiceDeps, 'store'>,
  session: Authenticated,
  news: Exclude<AccountNews, { kind: 'room' }>,
): Promise<object | undefined> {
  const { accountId } = session.who;
  if (news.kind === 'me') return { t: 'me', ...(await readMe({ store }, session)) };
  if (news.kind === 'refused') {
    const { key, id, code } = news;
    return { t: 'sent', key, status: 'refused', id, code };
  }
  if (news.kind === 'request') {
    const request = await store.findRequest(accountId, news.id);
    return request && { t: 'request', ...viewOfRequest(request) };
  }
  const report = await store.findReport(accountId, news.id);
  return report && { t: 'report', ...viewOfReport(report) };
}
