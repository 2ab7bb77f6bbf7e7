export interface ErrorCodeEntry {
  /** HTTP status when the code is the answer to a whole request */
  readonly status: number;
  /** whether the same request may succeed later without being changed */
  readonly retryable: boolean;
  readonly en: string;
  readonly fa: string;
}

const entry = (status: number, retryable: boolean, sentences: readonly [en: string, fa: string]): ErrorCodeEntry => ({
  status,
  retryable,
  en: sentences[0],
  fa: sentences[1],
});
const final = (status: number, en: string, fa: string): ErrorCodeEntry => entry(status, false, [en, fa]);
const again = (status: number, en: string, fa: string): ErrorCodeEntry => entry(status, true, [en, fa]);

/** Codes of a whole request. */
const requestCodes = {
  'bad-http': final(400, 'The request is not well-formed HTTP.', 'درخواست، HTTP درستی نیست.'),
  'bad-json': final(400, 'The body is not strict JSON.', 'بدنهٔ درخواست JSON سخت‌گیرانه نیست.'),
  'bad-request': final(400, 'The body does not have the required shape.', 'بدنهٔ درخواست شکل لازم را ندارد.'),
  'bad-signature': final(401, 'The request signature does not hold.', 'امضای درخواست درست نیست.'),
  'unknown-peer': again(
    401,
    'The calling provider is not known here yet.',
    'سرور درخواست‌کننده هنوز این‌جا شناخته نیست.',
  ),
  blocked: final(403, 'The calling provider is blocked here.', 'سرور درخواست‌کننده این‌جا مسدود است.'),
  'not-supported': final(404, 'There is no such endpoint here.', 'چنین نشانی‌ای این‌جا وجود ندارد.'),
  'not-found': final(404, 'There is no such thing, or you may not see it.', 'چنین چیزی نیست یا اجازهٔ دیدنش را ندارید.'),
  'unknown-room': final(404, 'There is no such room here for you.', 'چنین گفت‌وگویی این‌جا برای شما وجود ندارد.'),
  'method-not-allowed': final(405, 'This endpoint does not have that method.', 'این نشانی چنین متدی ندارد.'),
  'request-timeout': again(408, 'The request did not arrive in time.', 'درخواست به‌موقع نرسید.'),
  'too-large': final(413, 'The body is larger than allowed.', 'بدنهٔ درخواست بزرگ‌تر از حد مجاز است.'),
  'unsupported-media-type': final(
    415,
    'The body is not of a type read here.',
    'نوع بدنهٔ درخواست این‌جا خوانده نمی‌شود.',
  ),
  'headers-too-large': final(431, 'The header fields are larger than allowed.', 'سرآیندها بزرگ‌تر از حد مجازند.'),
  'over-budget': again(
    429,
    'Too much of this kind was asked for; wait.',
    'از این نوع درخواست بیش از اندازه رسیده است؛ صبر کنید.',
  ),
  internal: again(500, 'Something went wrong here.', 'این‌جا خطایی رخ داد.'),
  unsupported: final(501, 'This server does not offer that.', 'این سرور چنین چیزی ندارد.'),
  unavailable: again(
    503,
    'The database cannot be reached; repeat with the same request key.',
    'پایگاه داده در دسترس نیست؛ با همان کلید درخواست دوباره بفرستید.',
  ),
  overloaded: again(
    503,
    'The server is too busy or shutting down; wait.',
    'سرور پرکار است یا دارد بسته می‌شود؛ صبر کنید.',
  ),
} as const satisfies Record<string, ErrorCodeEntry>;

/** Codes of one item of a batch, and of the rules: the status is used when a person's single request meets them. */
const eventCodes = {
  'bad-event': final(400, 'The event breaks the format (R1).', 'رویداد قالب درست ندارد (R1).'),
  'wrong-room': final(400, 'The event belongs to another room (R2).', 'رویداد از گفت‌وگوی دیگری است (R2).'),
  'until-passed': final(409, 'The event came after its last allowed time (R3).', 'رویداد پس از مهلت خود رسید (R3).'),
  'seen-mismatch': final(409, 'The event saw another chain (R4).', 'رویداد زنجیرهٔ دیگری را دیده است (R4).'),
  'prior-mismatch': final(409, 'The state changed in the meantime (R5).', 'وضعیت در این میان عوض شده است (R5).'),
  'not-member': final(403, 'The sender is not in the room (R6).', 'فرستنده عضو گفت‌وگو نیست (R6).'),
  'wrong-sender': final(403, 'This sender may not write this entry (R7).', 'این فرستنده نمی‌تواند این را بنویسد (R7).'),
  'bad-statement': final(403, 'The key statement does not hold (R8).', 'گواهی کلیدها درست نیست (R8).'),
  'not-invited': final(403, 'There is no good invitation (R9).', 'دعوت معتبری نیست (R9).'),
  'no-right': final(403, 'The sender does not have the right (R10).', 'فرستنده چنین حقی ندارد (R10).'),
  rank: final(403, 'The rank of the sender is too low (R11).', 'رتبهٔ فرستنده کافی نیست (R11).'),
  'state-full': final(409, 'The room cannot hold more state (R12).', 'گفت‌وگو گنجایش وضعیت بیشتری ندارد (R12).'),
  timer: final(
    409,
    'The content would stay longer than the room lets it (R13).',
    'محتوا بیش از مهلت گفت‌وگو می‌ماند (R13).',
  ),
  'poll-closed': final(409, 'The poll is closed.', 'نظرسنجی بسته است.'),
  'used-up': final(403, 'The link has let in as many as it was made for.', 'ظرفیت این پیوند تمام شده است.'),
  'wrong-origin': final(
    403,
    'A provider submits only events of its own domain.',
    'هر سرور تنها رویداد دامنهٔ خودش را می‌فرستد.',
  ),
  'retired-key': final(403, 'The signing key is no longer in use.', 'کلید امضا دیگر به کار نمی‌رود.'),
  'content-mismatch': final(
    400,
    'The content is not the one the event names.',
    'محتوا همانی نیست که رویداد نام می‌برد.',
  ),
  refused: final(403, 'The hub refused the event.', 'میزبان رویداد را نپذیرفت.'),
  'storage-rejected': final(409, 'The item cannot be stored.', 'این مورد را نمی‌توان ذخیره کرد.'),
  'until-too-far': final(400, 'The last allowed time lies too far ahead.', 'مهلت رویداد بیش از اندازه دور است.'),
  'bad-report': final(400, 'The report does not show what it says.', 'گزارش آنچه را می‌گوید نشان نمی‌دهد.'),
  'bad-mail': final(400, 'The mailbox item breaks the format.', 'بستهٔ صندوق قالب درست ندارد.'),
} as const satisfies Record<string, ErrorCodeEntry>;

/** Faults of a room's chain: a follower stops there and answers `quarantined`. */
const chainCodes = {
  'bad-chain': final(409, 'The records do not form one chain.', 'رکوردها یک زنجیره نیستند.'),
  'bad-seal': final(409, 'The seal does not hold.', 'مهر درست نیست.'),
  fork: final(409, 'The hub showed two different chains.', 'میزبان دو زنجیرهٔ متفاوت نشان داده است.'),
  'duplicate-event': final(409, 'One event stands in the chain twice.', 'یک رویداد دو بار در زنجیره آمده است.'),
  'state-mismatch': final(409, 'The sealed state differs from the fold.', 'وضعیت مهرشده با محاسبه نمی‌خواند.'),
  'at-decreased': final(409, 'The time of the hub went backwards.', 'زمان میزبان به عقب رفته است.'),
  quarantined: final(409, 'The room is stopped here at a fault.', 'گفت‌وگو این‌جا به سبب خطا متوقف شده است.'),
} as const satisfies Record<string, ErrorCodeEntry>;

/** Codes only people's own clients meet. */
const clientCodes = {
  'bad-token': final(401, 'The session is missing or over.', 'نشست وجود ندارد یا پایان یافته است.'),
  'wrong-credentials': final(401, 'Name or password is wrong.', 'نام یا گذرواژه نادرست است.'),
  'sign-up-closed': final(403, 'New accounts are not open here.', 'ساختن حساب این‌جا باز نیست.'),
  'bad-code': final(403, 'The code is wrong or used up.', 'کد نادرست یا مصرف‌شده است.'),
  'bad-link': final(404, 'This is no link, or it is no longer good.', 'این پیوند درست نیست یا دیگر کار نمی‌کند.'),
  'owner-only': final(403, 'Only the owner of this server may do that.', 'تنها مالک این سرور اجازه دارد.'),
  taken: final(409, 'The name is taken.', 'این نام گرفته شده است.'),
  'slow-mode': final(
    429,
    'This room lets people write only now and then; wait.',
    'در این گفت‌وگو تنها هر از گاهی می‌توان نوشت؛ صبر کنید.',
  ),
  'key-reused': final(
    409,
    'The request key was used for something else.',
    'کلید درخواست برای چیز دیگری به کار رفته است.',
  ),
  'list-full': final(409, 'The list cannot hold more.', 'این فهرست گنجایش بیشتری ندارد.'),
  replaced: final(409, 'The session opened another stream.', 'این نشست جریان دیگری باز کرده است.'),
  'too-slow': again(429, 'The client read too slowly.', 'برنامه بیش از اندازه کند می‌خواند.'),
  'too-many-attempts': again(429, 'Too many attempts; wait.', 'تلاش‌ها زیاد بود؛ صبر کنید.'),
  'hub-unreachable': again(503, 'The hub of the room cannot be reached now.', 'میزبان گفت‌وگو اکنون در دسترس نیست.'),
} as const satisfies Record<string, ErrorCodeEntry>;

/** Every stable error code; `spec/registries/error-codes.json` is generated from it. */
export const errorCodes = { ...requestCodes, ...eventCodes, ...chainCodes, ...clientCodes };

export type ErrorCode = keyof typeof errorCodes;

/** The URN a problem of this code has as its `type`. */
export const problemType = (code: ErrorCode): string => `urn:payvand:error:${code}`;
