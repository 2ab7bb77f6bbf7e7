import { addNotes, readAccountLog } from './account-notes.js';
import * as accountRooms from './account-rooms.js';
import * as accounts from './accounts.js';
import { backfillLog } from './backfill-log.js';
import * as blocks from './blocks.js';
import * as closings from './closings.js';
import { commitAppends } from './commit-appends.js';
import type { Database } from './database.js';
import { listActs, listDeletable } from './list-acts.js';
import { expireContents } from './expire-contents.js';
import { expireRows } from './expire-rows.js';
import { readDurability, readTableSizes } from './inspect-database.js';
import * as aliases from './aliases.js';
import * as links from './links.js';
import * as mail from './mail.js';
import * as peerRooms from './peer-rooms.js';
import * as pending from './pending.js';
import * as proofs from './proofs.js';
import * as profiles from './profiles.js';
import * as providers from './providers.js';
import * as readMarks from './read-marks.js';
import { readVotes } from './read-votes.js';
import * as timeline from './read-timeline.js';
import * as ranges from './reading-ranges.js';
import * as reports from './reports.js';
import * as requests from './requests.js';
import * as roomLog from './room-log.js';
import { changePreferences } from './room-preferences.js';
import * as snapshots from './room-snapshots.js';
import { readEntryOf, readState } from './room-state.js';
import * as rooms from './rooms.js';
import * as search from './search-index.js';
import * as sessions from './sessions.js';
import * as statements from './statements.js';
import type {
  AccountRoomStore,
  AccountStore,
  PeerStore,
  PendingStore,
  ReportStore,
  RoomLogStore,
  RoomStateStore,
  SearchStore,
  Store,
  Upkeep,
} from './store-types.js';

/** The store's functions on one database, without what `openStore` adds: deadlines, typed failures, ping and close. */
export function bindStore(db: Database): Omit<Store, 'ping' | 'close'> {
  return {
    ...bindRoomLog(db),
    ...bindRoomState(db),
    ...bindPending(db),
    ...bindAccounts(db),
    ...bindAccountRooms(db),
    ...bindSearch(db),
    ...bindPeers(db),
    ...bindReports(db),
    ...bindUpkeep(db),
  };
}

function bindRoomLog(db: Database): RoomLogStore {
  return {
    commitAppends: (batch) => commitAppends(db, batch),
    readLog: (room, from, limits) => roomLog.readLog(db, room, { from, ...limits }),
    recordHashAt: (room, seq) => roomLog.recordHashAt(db, room, seq),
    findEvents: (pairs) => roomLog.findEvents(db, pairs),
    markedAmong: (room, targets, kind) => roomLog.markedAmong(db, room, { targets, kind }),
    fillContent: (room, hole) => roomLog.fillContent(db, room, hole),
    nextHead: (room, from, to) => roomLog.nextHead(db, room, { from, to }),
    headAt: (room, seq) => roomLog.headAt(db, room, seq),
    lastHeaderOnly: (room, to) => roomLog.lastHeaderOnly(db, room, to),
    readVotes: (room, part) => readVotes(db, room, part),
    readTimeline: (room, part) => timeline.readTimeline(db, room, part),
    listActs: (room, part) => listActs(db, room, part),
    listDeletable: (room, part) => listDeletable(db, room, part),
    backfill: (part) => backfillLog(db, part),
  };
}

function bindRoomState(db: Database): RoomStateStore {
  return {
    loadRoom: (room) => rooms.loadRoom(db, room),
    listRooms: (where) => rooms.listRooms(db, where),
    stateAt: (room, seq, part) => readState(db, { room, seq, ...part }),
    entriesOf: (ids, type, key) => readEntryOf(db, ids, { type, key }),
    countJoinsBy: (room, invite) => links.countJoinsBy(db, room, invite),
    startJoin: (room, creation) => rooms.startJoin(db, room, creation),
    startFromSnapshot: (snapshot, rows) => snapshots.startFromSnapshot(db, snapshot, rows),
    extendSnapshot: (room, part) => snapshots.extendSnapshot(db, room, part),
    completeSnapshot: (room, end) => snapshots.completeSnapshot(db, room, end),
    setRoomStatus: (room, status, code) => rooms.setRoomStatus(db, room, { status, code }),
    readingRanges: (room, domain) => ranges.readingRanges(db, room, domain),
    providersOf: (room) => ranges.providersOf(db, room),
    findStatement: (hash) => statements.findStatement(db, hash),
    findStatements: (hashes) => statements.findStatements(db, hashes),
  };
}

function bindPending(db: Database): PendingStore {
  return {
    addPending: (rows) => pending.addPending(db, rows),
    listPending: (hub, page) => pending.listPending(db, hub, page),
    pendingHubs: (limit) => pending.pendingHubs(db, limit),
    findPending: (hub, eventId) => pending.findPending(db, hub, eventId),
    refusePending: (hub, eventId, code) => pending.refusePending(db, hub, { eventId, code }),
    resolvePending: (hub, ids) => pending.resolvePending(db, hub, ids),
    replacePending: (old, row) => pending.replacePending(db, old, row),
    findSent: (accountId, requestKey) => pending.findSent(db, accountId, requestKey),
    addRefused: (row, code) => pending.addRefused(db, row, code),
  };
}

function bindAccounts(db: Database): AccountStore {
  return {
    createAccount: (account) => accounts.createAccount(db, account),
    findAccount: (localpart) => accounts.findAccount(db, localpart),
    findAccountById: (accountId) => accounts.findAccountById(db, accountId),
    hasAccounts: () => accounts.hasAccounts(db),
    setPassword: (accountId, password) => accounts.setPassword(db, accountId, password),
    setProfile: (accountId, profile) => accounts.setProfile(db, accountId, profile),
    findProfile: (accountId) => profiles.findProfile(db, accountId),
    saveProfile: (accountId, profile) => profiles.saveProfile(db, accountId, profile),
    setLimited: (accountId, limited) => profiles.setLimited(db, accountId, limited),
    setGuardian: (accountId, guardian) => profiles.setGuardian(db, accountId, guardian),
    listWards: (guardian, page) => profiles.listWards(db, guardian, page),
    closeAccount: (closing) => closings.closeAccount(db, closing),
    listClosings: (limit) => closings.listClosings(db, limit),
    listOwnEvents: (room, part) => closings.listOwnEvents(db, room, part),
    eraseAccount: (closing) => closings.eraseAccount(db, closing),
    createSession: (session) => sessions.createSession(db, session),
    findSession: (accountId, sessionId) => sessions.findSession(db, accountId, sessionId),
    listSessions: (accountId) => sessions.listSessions(db, accountId),
    revokeSession: (accountId, sessionId) => sessions.revokeSession(db, accountId, sessionId),
    revokeSessions: (accountId, except) => sessions.revokeSessions(db, accountId, except),
    lastSeen: (accountId) => sessions.lastSeen(db, accountId),
    touchSessions: (uses) => sessions.touchSessions(db, uses),
    createCode: (code) => accounts.createCode(db, code),
    addRequest: (request, bounds) => requests.addRequest(db, request, bounds),
    findRequest: (accountId, id) => requests.findRequest(db, accountId, id),
    listRequests: (accountId, where) => requests.listRequests(db, accountId, where),
    setRequestState: (accountId, id, state) => requests.setRequestState(db, accountId, { id, state }),
    addAlias: (alias) => aliases.addAlias(db, alias),
    findAlias: (name) => aliases.findAlias(db, name),
    listAliases: (accountId) => aliases.listAliases(db, accountId),
    passAliases: (room, people) => aliases.passAliases(db, room, people),
    removeAlias: (accountId, name) => aliases.removeAlias(db, accountId, name),
    addLink: (link) => links.addLink(db, link),
    findLink: (locator) => links.findLink(db, locator),
    listLinks: (accountId, room) => links.listLinks(db, accountId, room),
    removeLink: (locator) => links.removeLink(db, locator),
    addBlock: (accountId, address, at) => blocks.addBlock(db, accountId, { address, at }),
    removeBlock: (accountId, address) => blocks.removeBlock(db, accountId, address),
    listBlocks: (accountId, page) => blocks.listBlocks(db, accountId, page),
    isBlocked: (accountId, address) => blocks.isBlocked(db, accountId, address),
    addNotes: (notes) => addNotes(db, notes),
    readAccountLog: (accountId, page) => readAccountLog(db, accountId, page),
  };
}

function bindAccountRooms(db: Database): AccountRoomStore {
  return {
    listAccountRooms: (accountId, own, page) => accountRooms.listAccountRooms(db, { accountId, own }, page),
    findAccountRoom: (accountId, own, room) => accountRooms.findAccountRoom(db, { accountId, own }, room),
    sharesRoomWithAccount: (accountId, other) => accountRooms.sharesRoomWithAccount(db, accountId, other),
    listDms: (accountId, other) => accountRooms.listDms(db, accountId, other),
    listRoomAccounts: (room, page) => accountRooms.listRoomAccounts(db, room, page),
    setReadSeq: (accountId, room, seq) => accountRooms.setReadSeq(db, accountId, { room, seq }),
    changePreferences: (place, change) => changePreferences(db, place, change),
    saveReadMarks: (marks) => readMarks.saveReadMarks(db, marks),
    listReadMarks: (room, page) => readMarks.listReadMarks(db, room, page),
  };
}

function bindSearch(db: Database): SearchStore {
  return {
    findIndexedRooms: (ids) => search.findIndexedRooms(db, ids),
    listRoomsBehind: (page) => search.listRoomsBehind(db, page),
    readUnindexed: (windows) => search.readUnindexed(db, windows),
    readTargets: (pairs) => search.readTargets(db, pairs),
    searchKey: () => search.readSearchKey(db),
    changeIndex: (change) => search.changeIndex(db, change),
    searchableRooms: (accountId, where) => search.searchableRooms(db, accountId, where),
    findHits: (part) => search.findHits(db, part),
  };
}

function bindPeers(db: Database): PeerStore {
  return {
    findProvider: (domain) => providers.findProvider(db, domain),
    listProviders: (page) => providers.listProviders(db, page),
    saveDocument: (domain, document, at) => providers.saveDocument(db, domain, { document, at }),
    setBlocked: (domain, blocked, at) => providers.setBlocked(db, domain, { blocked, at }),
    setLimitFactor: (domain, factor, at) => providers.setLimitFactor(db, domain, { factor, at }),
    countContacts: (domain, outcome) => providers.countContacts(db, domain, outcome),
    listPeerRooms: (domain, where) => peerRooms.listPeerRooms(db, domain, where),
    listPeers: (page) => peerRooms.listPeers(db, page),
    saveCursors: (cursors) => peerRooms.saveCursors(db, cursors),
    listDigestRows: (peer, where) => peerRooms.listDigestRows(db, peer, where),
    addMail: (item) => mail.addMail(db, item),
    listMail: (domain, page) => mail.listMail(db, domain, page),
    mailDomains: (page) => mail.mailDomains(db, page),
    removeMail: (domain, ns) => mail.removeMail(db, domain, ns),
    addProof: (proof) => proofs.addProof(db, proof),
    listProofs: (room) => proofs.listProofs(db, room),
  };
}

function bindReports(db: Database): ReportStore {
  return {
    addReport: (report, how) => reports.addReport(db, report, how),
    findReport: (accountId, item) => reports.findReport(db, accountId, item),
    listReports: (accountId, page) => reports.listReports(db, accountId, page),
    nextReportCopy: (domain) => reports.nextReportCopy(db, domain),
    reportDomains: (limit) => reports.reportDomains(db, limit),
    setReportState: (copy, state) => reports.setReportState(db, copy, state),
    receiveReport: (report, max) => reports.receiveReport(db, report, max),
    findReceivedReport: (hash) => reports.findReceived(db, hash),
    listReceivedReports: (page) => reports.listReceived(db, page),
    decideReport: (hash, state) => reports.decideReport(db, hash, state),
    listUntoldDecisions: (domain) => reports.listUntold(db, domain),
    setDecisionsTold: (domain, decisions) => reports.setTold(db, domain, decisions),
  };
}

function bindUpkeep(db: Database): Omit<Upkeep, 'ping' | 'close'> {
  return {
    expire: (now) => expireRows(db, now),
    expireContents: (now, limit) => expireContents(db, now, limit),
    tableSizes: () => readTableSizes(db),
    durability: () => readDurability(db),
  };
}
