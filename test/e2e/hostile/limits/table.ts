/** Every constant of limits.ts, and where both of its sides are tested, or why they are not. */

import * as limits from "../../../../src/limits.ts";
import { nested } from "../corpus/request.ts";
import { elsewhere, exempt, type Limit, type LimitName, type Sent, sides } from "./side.ts";

const NEVER = { id: "a", lease: "l" };
const times = (count: number, what: unknown): unknown[] => Array(count).fill(what);
const text = (length: number): string => "x".repeat(length);

const push = (more: object): Sent => ["POST /tasks", { args: 1, ...more }];
const poll = (more: object): Sent => ["POST /poll", { worker: "w", ...more }];
const config = (more: object): Sent => ["PATCH /config", more];
const ack = (more: object): Sent => [
  "POST /events",
  { events: [{ type: "ack", ...NEVER, result: { ok: 1 }, ...more }] },
];
/** The largest value of a field, and one more. */
const most = (max: number, sent: (value: number) => Sent, refusal: string): Limit =>
  sides(sent(max), sent(max + 1), refusal);

const { MAX_ARGS_BYTES, MAX_BODY_BYTES, MAX_INFO_BYTES, MAX_META_BYTES } = limits;

const SIZES = {
  MAX_BODY_BYTES: most(MAX_BODY_BYTES, (size) => ["POST /tasks", '{"args":1}'.padEnd(size)], "payload_too_large body"),
  MAX_DRAINED_BYTES: elsewhere(
    "unit/http/refusals.test.ts",
    "are counted as they come, and one without an end is cut off",
  ),
  MAX_ARGS_BYTES: most(MAX_ARGS_BYTES, (size) => push({ args: text(size - 2) }), "payload_too_large args"),
  MAX_LINE_BYTES: elsewhere("unit/http/push-stream.test.ts", "may be as long as 1 MiB, and not a byte longer"),
  MAX_RESULT_BYTES: elsewhere("e2e/hostile/limits.test.ts", "a result and progress end at their limits"),
  MAX_PROGRESS_BYTES: elsewhere("e2e/hostile/limits.test.ts", "a result and progress end at their limits"),
  MAX_ERROR_BYTES: elsewhere("e2e/hostile/limits.test.ts", "an error is cut at its limits"),
  MAX_RUN_ERROR_BYTES: elsewhere("e2e/hostile/limits.test.ts", "an error is cut at its limits"),
  MAX_RUNS_BYTES: elsewhere("conformance/store/runs.ts", "logs of twenty executions, as large as they may be"),
  MAX_META_BYTES: most(MAX_META_BYTES, (size) => push({ meta: { a: text(size - 8) } }), "payload_too_large meta"),
  MAX_KEY_BYTES: most(
    limits.MAX_KEY_BYTES,
    (size) => push({ idempotencyKey: text(size) }),
    "bad_request idempotencyKey",
  ),
  MAX_GROUP_KEY_BYTES: most(
    limits.MAX_GROUP_KEY_BYTES,
    (size) => push({ groupKey: text(size) }),
    "bad_request groupKey",
  ),
  MAX_NAME_BYTES: most(limits.MAX_NAME_BYTES, (size) => poll({ worker: text(size) }), "bad_request worker"),
  MAX_CODEC_LENGTH: most(limits.MAX_CODEC_LENGTH, (size) => push({ args: "", codec: text(size) }), "bad_request codec"),
  MAX_LOG_BYTES: most(limits.MAX_LOG_BYTES, (size) => ack({ logs: [text(size)] }), "bad_request events.0.logs.0"),
  MAX_BEARER_LENGTH: elsewhere("unit/http/access-tokens.test.ts", "is too long, though it is signed"),
  MAX_SUBJECT_LENGTH: elsewhere("unit/http/audit.test.ts", "is the token's sub, cut"),
  MAX_INFO_BYTES: most(
    MAX_INFO_BYTES,
    (size) => ["POST /workers", { worker: "w", info: text(size - 2) }],
    "payload_too_large info",
  ),
  MAX_PARAMETER_BYTES: elsewhere("conformance/store/texts.ts", "a batch larger than a parameter is cut"),
  MAX_INLINE_ARGS_BYTES: elsewhere("conformance/store/texts.ts", "args of a megabyte come back"),
  MAX_SCHEDULE_ARGS_BYTES: sides(
    ["PUT /schedules/s", { everyMs: 1_000, task: { args: text(limits.MAX_SCHEDULE_ARGS_BYTES - 2) } }],
    ["PUT /schedules/s", { everyMs: 1_000, task: { args: text(limits.MAX_SCHEDULE_ARGS_BYTES - 1) } }],
    "payload_too_large task.args",
  ),
  MAX_ATTACHMENT_BYTES: elsewhere("unit/object/attachment.test.ts", "MAX_ATTACHMENT_BYTES"),
} satisfies Partial<Record<LimitName, Limit>>;

const COUNTS = {
  MAX_BATCH: most(limits.MAX_BATCH, (count) => ["POST /tasks", times(count, { args: 1 })], "bad_request body"),
  STREAM_CHUNK: elsewhere("unit/http/push-stream.test.ts", "is 500 lines, and one push"),
  MAX_RUNS: elsewhere("conformance/store/runs.ts", "the last twenty executions are kept"),
  MAX_LOGS: most(limits.MAX_LOGS, (count) => ack({ logs: times(count, "x") }), "bad_request events.0.logs"),
  MAX_PAGE: most(limits.MAX_PAGE, (limit) => [`GET /tasks?limit=${limit}`], "bad_request limit"),
  DEFAULT_PAGE: elsewhere("unit/protocol/selection.test.ts", "has its defaults filled in"),
  MAX_BULK: most(
    limits.MAX_BULK,
    (limit) => ["POST /tasks/delete", { filter: {}, limit, dryRun: true }],
    "bad_request limit",
  ),
  MAX_WAITED_IDS: elsewhere("e2e/contract/socket-wait.test.ts", "holds 1,500 ids a socket, and refuses more"),
  MAX_REF_LENGTH: elsewhere("e2e/contract/socket-frames.test.ts", "a ref of 64 characters is fine"),
  MAX_DEPTH: sides(
    ["POST /tasks", `{"args":${nested(500)}}`],
    ["POST /tasks", `{"args":${nested(501)}}`],
    "bad_request args",
  ),
  MAX_SCANNED: elsewhere(
    "conformance/store/vacuum.ts",
    "it goes in slices of a thousand removed and five thousand looked at",
  ),
  MAX_PROMOTED: elsewhere("conformance/store/claim.ts", "with more than a thousand due"),
  MAX_UNPROMOTED: elsewhere("conformance/store/claim.ts", "a hundred and one due ones are promoted"),
  MAX_CLAIM: elsewhere("conformance/store/claim.ts", "a claim ends at a thousand tasks"),
  MAX_SLICE: elsewhere("conformance/store/sweep.ts", "a sweep goes in slices of a thousand"),
  MAX_SLICES: elsewhere("conformance/store/long.ts", "a vacuum that runs out of its slices"),
  MAX_LOCAL_SLICES: elsewhere("conformance/store/long.ts", "a purge that runs out of its slices"),
  MAX_CREDIT: elsewhere("e2e/hostile/sockets.test.ts", "more credit than there is, in sum"),
  MAX_SOCKETS: elsewhere("worker/hostile/overload.test.ts", "a socket beyond those that an object takes"),
  MAX_AWAITED: elsewhere("worker/hostile/overload.test.ts", "sockets wait for so many tasks together"),
  MAX_LEASES: elsewhere("worker/hostile/overload.test.ts", "a session holds so many leases"),
  MAX_SPAN: elsewhere("conformance/store/records.ts", "a lease that stays far behind those after it is listed"),
  MAX_HELD_ROWS: elsewhere("unit/store/held.test.ts", "so many rows are remembered, and the oldest go"),
  ENOUGH_TO_WRITE: elsewhere("unit/object/commit.test.ts", "what is large does not wait for company"),
  MAX_TURNS: elsewhere("unit/object/commit.test.ts", "a line that never stops growing is written all the same"),
  MAX_REMEMBERED_BEATS: exempt("a memory of the Worker: whoever falls out of it is told of once more"),
  MAX_FAN_OUT: elsewhere("unit/http/partitions.test.ts", "is asked at most six partitions at a time"),
  MAX_GROUP: elsewhere("unit/object/commit.test.ts", "a long line is written in several transactions"),
  MAX_IN_LINE: elsewhere("worker/hostile/overload.test.ts", "a call that finds the line full is refused"),
  MAX_LINE_WEIGHT: elsewhere("worker/hostile/overload.test.ts", "a line is full by the size of what is pushed"),
  MAX_STRIKES: elsewhere("conformance/store/sweep.ts", "five workers in a row that die before they start"),
  MAX_QUEUES_A_PAGE: elsewhere("unit/http/all-queues.test.ts", "are looked for in a bounded number of queues"),
  CALL_TRIES: elsewhere("unit/http/call.test.ts", "is given up after a few tries"),
  MAX_TOKEN_TASKS: most(
    limits.MAX_TOKEN_TASKS,
    (count) => ["POST /wait-token", { ids: times(count, "a") }],
    "bad_request ids",
  ),
  MAX_PARTITION: elsewhere("unit/task/id.test.ts", "MAX_PARTITION"),
  FEED_ROWS: elsewhere("conformance/store/feed.ts", "what the ring has gone over is a gap"),
  FEED_CHANGES_A_ROW: elsewhere("conformance/store/feed.ts", "a commit writes one row, whatever it changes"),
  MAX_FEED_BEHIND: elsewhere("unit/http/feed.test.ts", "keeps no more for a client that does not read than its bound"),
  MAX_CALLS: elsewhere("unit/declared.test.ts", "too many calls"),
  MAX_SCHEDULES: elsewhere(
    "conformance/store/schedules.ts",
    "there are at most so many, and each of these can still be set anew",
  ),
  MAX_TICKS_AT_ONCE: elsewhere(
    "conformance/store/schedules.ts",
    "missed ticks become none, one or all, a slice at a time",
  ),
  NEXT_TICKS: elsewhere("worker/object/schedules.test.ts", "with its next five ticks"),
  MAX_CRON_LENGTH: sides(
    ["PUT /schedules/s", { cron: "* * * * *".padEnd(255), task: { args: 1 } }],
    ["PUT /schedules/s", { cron: "* * * * *".padEnd(256), task: { args: 1 } }],
    "bad_request cron",
  ),
  MIN_WEBHOOK_SECRET_BYTES: elsewhere("unit/outbound/webhook/sign.test.ts", "that is too short"),
  MAX_WEBHOOK_SECRET_BYTES: elsewhere("unit/outbound/webhook/sign.test.ts", "that is too long"),
  MAX_WEBHOOK_URL_LENGTH: elsewhere("unit/outbound/webhook/address.test.ts", "a URL of 2,048 characters is taken"),
  MAX_WEBHOOK_ANSWER_BYTES: elsewhere("unit/outbound/webhook/target.test.ts", "of a batch is read up to 1 MiB"),
  MAX_WEBHOOK_ERROR_BYTES: elsewhere("unit/outbound/webhook/target.test.ts", "shows at most 512 bytes of what it says"),
  MIN_WEBHOOK_REST_MS: elsewhere("unit/outbound/webhook/outcome.test.ts", "%j is %s ms"),
  MAX_WEBHOOK_REST_MS: elsewhere("unit/outbound/webhook/outcome.test.ts", "%j is %s ms"),
  MAX_LOGGED_WORKERS: elsewhere("unit/object/event-log.test.ts", "no more workers are named than a line has room for"),
  MAX_SCRAPED_QUEUES: elsewhere(
    "worker/object/monitoring.test.ts",
    "a scrape takes so many queues, and counts the rest",
  ),
} satisfies Partial<Record<LimitName, Limit>>;

const day = limits.MAX_ORPHAN_AFTER_MS;
const TIMES = {
  MAX_BATCH_WAIT_MS: elsewhere("unit/declared.test.ts", "a wait that is too long"),
  MAX_CALL_MS: elsewhere("unit/declared.test.ts", "a call that is too long"),
  MIN_EVERY_MS: sides(
    ["PUT /schedules/s", { everyMs: 1_000, task: { args: 1 } }],
    ["PUT /schedules/s", { everyMs: 999, task: { args: 1 } }],
    "bad_request everyMs",
  ),
  LATE_TICK_MS: elsewhere(
    "unit/task/schedule.test.ts",
    "and were missed become nothing, but for the last where that is not late",
  ),
  MAX_WAIT_MS: most(limits.MAX_WAIT_MS, (waitMs) => ["POST /wait", { ids: ["nobody"], waitMs }], "bad_request waitMs"),
  MIN_ORPHAN_AFTER_MS: sides(
    config({ orphanAfterMs: 1_000 }),
    config({ orphanAfterMs: 999 }),
    "bad_request orphanAfterMs",
  ),
  MAX_ORPHAN_AFTER_MS: most(day, (orphanAfterMs) => config({ orphanAfterMs }), "bad_request orphanAfterMs"),
  WATCH_INTERVAL_MS: elsewhere("e2e/contract/socket-watch.test.ts", "comes at most four times a second under load"),
  REPORT_INTERVAL_MS: exempt("how often an object speaks to the directory: no client asks for it"),
  MAX_SOCKET_TOKEN_MS: elsewhere("unit/http/access-tokens.test.ts", "a day and a second away"),
  MIN_WAIT_TOKEN_MS: sides(
    ["POST /wait-token", { ids: ["a"], ttlMs: 1_000 }],
    ["POST /wait-token", { ids: ["a"], ttlMs: 999 }],
    "bad_request ttlMs",
  ),
  MAX_WAIT_TOKEN_MS: most(
    limits.MAX_WAIT_TOKEN_MS,
    (ttlMs) => ["POST /wait-token", { ids: ["a"], ttlMs }],
    "bad_request ttlMs",
  ),
  DEFAULT_WAIT_TOKEN_MS: elsewhere("unit/http/wait-token.test.ts", "and lasts ten minutes"),
  MAX_INSTANT_MS: most(limits.MAX_INSTANT_MS, (runAt) => push({ runAt }), "bad_request runAt"),
  MAX_DURATION_MS: most(limits.MAX_DURATION_MS, (delayMs) => push({ delayMs }), "bad_request delayMs"),
  FORGET_SESSION_MS: elsewhere(
    "conformance/store/workers.ts",
    "a session that is dead for a day and holds nothing is forgotten",
  ),
  HISTORY_MINUTES: elsewhere("worker/object/history.test.ts", "a minute leaves after an hour, an hour after a week"),
  HISTORY_HOURS: elsewhere("worker/object/history.test.ts", "a minute leaves after an hour, an hour after a week"),
  FOLLOW_GRACE_MS: elsewhere("conformance/store/feed.ts", "five minutes after the last has gone nothing is written"),
  FEED_BEAT_MS: elsewhere("unit/http/feed.test.ts", "shows now and then that it lives"),
  LOG_INTERVAL_MS: elsewhere("unit/object/event-log.test.ts", "what comes often is counted, and told once a second"),
  MIN_PASS_MS: elsewhere("conformance/store/vacuum.ts", "two passes are a tenth of the shortest retention apart"),
} satisfies Partial<Record<LimitName, Limit>>;

const NUMBERS = {
  MAX_INT32: most(limits.MAX_INT32, (priority) => push({ priority }), "bad_request priority"),
  MAX_TOKEN_LENGTH: most(
    limits.MAX_TOKEN_LENGTH,
    (size) => ["POST /status", { ids: [text(size)] }],
    "bad_request ids.0",
  ),
  MAX_CURSOR_BYTES: elsewhere("e2e/hostile/limits.test.ts", "a cursor is looked at up to its limit"),
} satisfies Partial<Record<LimitName, Limit>>;

const PATIENCE = exempt("how long the server itself waits or pauses: nothing that a client sends is measured by it");
const OWN = exempt("the client's own, or the command line's: a server never sees it");

const WITHIN = {
  ...{ CALL_PAUSE_MS: PATIENCE, RETRY_AFTER_MS: PATIENCE, REOPEN_PAUSE_MS: PATIENCE, MAX_REOPEN_PAUSE_MS: PATIENCE },
  ...{ DISPATCH_RETRY_MS: PATIENCE, DISPATCH_REPORT_TRIES: PATIENCE, DEAD_LETTER_RETRY_MS: PATIENCE },
  ...{ ALARM_RETRY_MS: PATIENCE, POLL_BEAT_MS: PATIENCE, POLL_PROBES: PATIENCE, CANCEL_GRACE_MS: PATIENCE },
  ...{ DRAIN_MS: PATIENCE, SERVE_GRACE_MS: OWN, LOCK_WAIT_MS: OWN, FILE_LOCK_WAIT_MS: OWN, LEFT_BEHIND_MS: OWN },
  ...{ REQUEST_TIMEOUT_MS: OWN, REQUEST_TRIES: OWN, RETRY_PAUSE_MS: OWN, MAX_RETRY_PAUSE_MS: OWN, IDLE_AFTER_MS: OWN },
  ...{ CONNECT_TIMEOUT_MS: OWN, SOCKET_IDLE_MS: OWN, MAX_PING_INTERVAL_MS: OWN, PATIENCE_MS: OWN, HELD_UP_MS: OWN },
  ...{ MIN_PATIENCE_MS: OWN, SLOWEST_BYTES_PER_MS: OWN, LOST_GRACE_MS: OWN, MAX_PREFETCH: OWN, STOP_GRACE_MS: OWN },
  ...{
    PREFETCH_HORIZON_MS: OWN,
    MAX_EVENTS_BEHIND: OWN,
    SHELL_GRACE_MS: OWN,
    FEED_SILENCE_MS: OWN,
    FLUSH_TIMEOUT_MS: OWN,
    GOODBYE_TIMEOUT_MS: OWN,
  },
  ...{ KEYLESS_SOCKETS: OWN, LOOK_MS: OWN },
  ...{ WAIT_STREAMS: OWN, WAIT_TURN_MS: OWN, MAX_FRAME_CHARACTERS: OWN },
} satisfies Partial<Record<LimitName, Limit>>;

export const TABLE: Readonly<Record<string, Limit>> = { ...SIZES, ...COUNTS, ...TIMES, ...NUMBERS, ...WITHIN };
