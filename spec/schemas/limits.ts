export interface LimitEntry {
  readonly value: number;
  readonly unit: 'bytes' | 'characters' | 'items' | 'ms' | 's' | 'levels' | 'days';
  /** the sentence of the prose that sets it */
  readonly requirement: string;
  readonly sentence: string;
}

const KiB = 1024;
const MiB = 1024 * KiB;

/** Every limit of the protocol; `spec/registries/limits.json` is generated from it. */
export const limitEntries = {
  eventBytesMax: { value: 4 * KiB, unit: 'bytes', requirement: 'PV-EVT-002', sentence: 'payload of an event' },
  stateContentBytesMax: {
    value: 4 * KiB,
    unit: 'bytes',
    requirement: 'PV-CNT-004',
    sentence: 'content of a state event',
  },
  contentBytesMax: {
    value: 64 * KiB,
    unit: 'bytes',
    requirement: 'PV-CNT-003',
    sentence: 'content of any other event',
  },
  contentDepthMax: {
    value: 8,
    unit: 'levels',
    requirement: 'PV-JSON-004',
    sentence: 'nesting of a payload or of plain content',
  },
  untilAheadMsMax: {
    value: 31 * 86_400_000,
    unit: 'ms',
    requirement: 'PV-HUB-007',
    sentence: 'how far `until` may lie after `at`',
  },
  clockAheadMsMax: {
    value: 60_000,
    unit: 'ms',
    requirement: 'PV-PUSH-006',
    sentence: 'how far `at` may lie ahead of a follower clock',
  },
  stateEntriesMax: { value: 20_000, unit: 'items', requirement: 'PV-RULE-038', sentence: 'state entries of a room' },
  memberEntriesMax: {
    value: 9_500,
    unit: 'items',
    requirement: 'PV-RULE-039',
    sentence: 'entries of type `member`, joined or left',
  },
  joinedMembersMax: { value: 5_000, unit: 'items', requirement: 'PV-RULE-040', sentence: 'joined people of a room' },
  otherEntriesMax: {
    value: 256,
    unit: 'items',
    requirement: 'PV-RULE-041',
    sentence: 'shared state entries: all but member and access',
  },
  otherEntriesBytesMax: {
    value: 192 * KiB,
    unit: 'bytes',
    requirement: 'PV-RULE-041',
    sentence: 'JWS, content and statement of those together',
  },
  otherEntriesReserveBytesMax: {
    value: 224 * KiB,
    unit: 'bytes',
    requirement: 'PV-RULE-043',
    sentence: 'the same, for a new owner and for new keys',
  },
  roleEntriesMax: { value: 32, unit: 'items', requirement: 'PV-RULE-042', sentence: 'role entries of a room' },
  roleEntriesBytesMax: {
    value: 32 * KiB,
    unit: 'bytes',
    requirement: 'PV-RULE-042',
    sentence: 'JWS and content of those together',
  },
  timerSMax: { value: 31_536_000, unit: 's', requirement: 'PV-SET-001', sentence: '`timer` of a room' },
  slowSMax: { value: 86_400, unit: 's', requirement: 'PV-SET-001', sentence: '`slow` of a room' },
  pinsMax: { value: 50, unit: 'items', requirement: 'PV-SET-002', sentence: 'pins of a room' },
  titleCharactersMax: {
    value: 128,
    unit: 'characters',
    requirement: 'PV-CNT-017',
    sentence: 'title of a room, in code points',
  },
  aboutCharactersMax: {
    value: 512,
    unit: 'characters',
    requirement: 'PV-CNT-017',
    sentence: 'what a room says of itself, in code points',
  },
  memberTitleCharactersMax: {
    value: 32,
    unit: 'characters',
    requirement: 'PV-CNT-013',
    sentence: 'title of a person in a room, in code points',
  },
  linkEntriesMax: { value: 512, unit: 'items', requirement: 'PV-RULE-077', sentence: 'revoked links of a room' },
  linkEntriesOfMembersMax: {
    value: 128,
    unit: 'items',
    requirement: 'PV-RULE-078',
    sentence: 'revoked links up to which people without the right `remove` add to them',
  },
  linkUsesMax: { value: 1_000_000, unit: 'items', requirement: 'PV-LNK-001', sentence: 'joins a link can be good for' },
  statementBytesMax: { value: 2 * KiB, unit: 'bytes', requirement: 'PV-KEY-002', sentence: 'key statement' },
  documentBytesMax: { value: 64 * KiB, unit: 'bytes', requirement: 'PV-DOC-002', sentence: 'provider document' },
  documentLifeMsMax: {
    value: 7 * 86_400_000,
    unit: 'ms',
    requirement: 'PV-DOC-005',
    sentence: 'from `issued` to `expires` of a provider document',
  },
  documentFetchMsMax: {
    value: 5_000,
    unit: 'ms',
    requirement: 'PV-DISC-004',
    sentence: 'whole fetch of a provider document',
  },
  signatureAgeSMax: {
    value: 60,
    unit: 's',
    requirement: 'PV-RSG-005',
    sentence: 'from `created` to `expires` of a request signature',
  },
  headerBytesMax: {
    value: 16 * KiB,
    unit: 'bytes',
    requirement: 'PV-HTTP-006',
    sentence: 'request line and header fields together',
  },
  requestBytesMax: {
    value: 4 * MiB,
    unit: 'bytes',
    requirement: 'PV-HTTP-007',
    sentence: 'body of a federation request',
  },
  answerBytesMax: {
    value: 4 * MiB,
    unit: 'bytes',
    requirement: 'PV-HTTP-008',
    sentence: 'body of a federation answer',
  },
  requestMsMax: {
    value: 30_000,
    unit: 'ms',
    requirement: 'PV-HTTP-009',
    sentence: 'until a request has arrived whole',
  },
  answerMsMax: {
    value: 30_000,
    unit: 'ms',
    requirement: 'PV-HTTP-009',
    sentence: 'until the answer has arrived whole',
  },
  bodyDepthMax: { value: 16, unit: 'levels', requirement: 'PV-HTTP-010', sentence: 'nesting of a federation body' },
  batchItemsMax: {
    value: 256,
    unit: 'items',
    requirement: 'PV-SUB-002',
    sentence: 'items of a submit or signals request',
  },
  batchContentBytesMax: {
    value: MiB,
    unit: 'bytes',
    requirement: 'PV-SUB-014',
    sentence: 'contents of a submit request together',
  },
  joinItemsMax: { value: 2, unit: 'items', requirement: 'PV-JOIN-002', sentence: 'items of a join request' },
  pushRoomsMax: { value: 256, unit: 'items', requirement: 'PV-PUSH-002', sentence: 'rooms of a push request' },
  pageRecordsMax: { value: 256, unit: 'items', requirement: 'PV-LOG-003', sentence: 'records of a page' },
  pageBytesMax: {
    value: MiB,
    unit: 'bytes',
    requirement: 'PV-LOG-003',
    sentence: 'contents and JWS of a page together, unless it has one record',
  },
  headEveryRecords: {
    value: 64,
    unit: 'items',
    requirement: 'PV-LOG-004',
    sentence: 'records between two kept sealed heads',
  },
  headEveryBytes: {
    value: 256 * KiB,
    unit: 'bytes',
    requirement: 'PV-LOG-004',
    sentence: 'bytes between two kept sealed heads',
  },
  flushEventsMax: { value: 128, unit: 'items', requirement: 'PV-LOG-005', sentence: 'share of one room in a flush' },
  flushBytesMax: {
    value: 512 * KiB,
    unit: 'bytes',
    requirement: 'PV-LOG-005',
    sentence: 'share of one room in a flush',
  },
  headsRoomsMax: { value: 256, unit: 'items', requirement: 'PV-HEADS-002', sentence: 'rooms of a heads request' },
  snapshotBytesMax: {
    value: 224 * KiB,
    unit: 'bytes',
    requirement: 'PV-JOIN-006',
    sentence: 'all entries of a snapshot in the answer to a join',
  },
  snapshotPageBytesMax: {
    value: MiB,
    unit: 'bytes',
    requirement: 'PV-SNAP-002',
    sentence: 'entries of a snapshot answer, unless they are one bucket',
  },
  mailItemsMax: { value: 16, unit: 'items', requirement: 'PV-MBX-002', sentence: 'items of a mailbox request' },
  mailBytesMax: { value: 8 * KiB, unit: 'bytes', requirement: 'PV-MAIL-002', sentence: 'mailbox item' },
  introCharactersMax: {
    value: 200,
    unit: 'characters',
    requirement: 'PV-MAIL-009',
    sentence: 'introduction of a contact request, in code points',
  },
  knockReadersMax: {
    value: 16,
    unit: 'items',
    requirement: 'PV-KNK-004',
    sentence: 'people of the issuer’s provider who are shown a knock',
  },
  knockProvidersMax: {
    value: 16,
    unit: 'items',
    requirement: 'PV-KNK-013',
    sentence: 'providers that a hub passes a knock on to',
  },
  knockPassedMsMin: {
    value: 3_600_000,
    unit: 'ms',
    requirement: 'PV-KNK-013',
    sentence: 'between two knocks of a person at a room that are passed on',
  },
  knocksPerDayMax: {
    value: 20,
    unit: 'items',
    requirement: 'PV-KNK-016',
    sentence: 'knocks of an account at rooms in a day',
  },
  signalBytesMax: { value: KiB, unit: 'bytes', requirement: 'PV-SGL-003', sentence: 'one signal as JSON' },
  typingMsMax: { value: 6_000, unit: 'ms', requirement: 'PV-SGL-005', sentence: 'how long a typing signal counts' },
  backOffMsMin: { value: 1_000, unit: 'ms', requirement: 'PV-HTTP-014', sentence: 'first back-off' },
  backOffMsMax: { value: 300_000, unit: 'ms', requirement: 'PV-HTTP-014', sentence: 'longest back-off' },
} as const satisfies Record<string, LimitEntry>;

export type LimitName = keyof typeof limitEntries;

const numbers = Object.entries(limitEntries).map(([name, { value }]) => [name, value]);

/** The bare numbers, by name. */
export const limits = Object.fromEntries(numbers) as { readonly [Name in LimitName]: number };
