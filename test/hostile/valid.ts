/** One good request for each route that reads something, and one good frame for each type: what fuzzing begins with. */

export interface ValidRequest {
  readonly method: string;
  /** Below the queue. */
  readonly path: string;
  readonly body: unknown;
}

/** What is in the queue that is fuzzed. */
export interface Names {
  readonly pending: string;
  readonly done: string;
  readonly running: string;
  readonly lease: string;
  readonly session: string;
}

const TASK = {
  args: { to: "ada" },
  priority: 1,
  delayMs: 86_400_000,
  maxAttempts: 3,
  backoff: { type: "exponential", baseMs: 1, factor: 2, maxMs: 10, jitter: 0.5 },
  timeoutMs: 86_400_000,
  idempotencyKey: "k",
  idempotencyUntil: "gone",
  groupKey: "g",
  codec: "json",
  meta: { trace: "t" },
};

const eventsOf = ({ running, lease }: Names) => [
  { type: "progress", id: running, lease, progress: { at: 1 } },
  { type: "extend", id: running, lease: "l", timeoutMs: 86_400_000 },
  { type: "start", id: running, lease: "l" },
  { type: "snooze", id: running, lease: "l", delayMs: 1 },
  { type: "release", id: running, lease: "l" },
  { type: "ack", id: running, lease: "l", result: { ok: [1, "x"] }, logs: ["line"] },
  { type: "ack", id: running, lease: "l", result: { err: "x", retryAfterMs: 1, abort: true } },
];

/**
 * Requests, none of which is held: what is waited for is done, and no poll says how long it waits. None makes anything
 * happen later, though one number in it be another: what changes by itself would be taken for a side effect.
 */
export const validRequests = (names: Names): readonly ValidRequest[] => {
  const { pending, done, session } = names;
  const selection = { filter: { status: "Done", groupKey: "g", after: 0, before: 1 }, limit: 10, dryRun: true };
  const bodies: readonly (readonly [line: string, body: unknown])[] = [
    ["POST /tasks", TASK],
    ["POST /tasks", [TASK, { args: null }]],
    ["POST /tasks", { args: "gaFhAQ==", codec: "msgpack" }],
    ["POST /poll", { worker: "holder", session, max: 1, autoStart: true, events: eventsOf(names).slice(0, 2) }],
    ["POST /events", { worker: "holder", session, events: eventsOf(names) }],
    ["POST /workers", { worker: "w", layers: ["retry"], info: { version: 1 } }],
    ["POST /workers/holder/heartbeat", { session }],
    ["DELETE /workers/nobody", { session: "1-nobody" }],
    ["POST /status", { ids: [pending, done] }],
    ["POST /wait", { ids: [done], waitMs: 0, progress: true }],
    ["POST /wait-token", { ids: [done], ttlMs: 60_000 }],
    [`PATCH /tasks/${pending}`, { priority: 2, args: [1], maxAttempts: 9, backoff: null, timeoutMs: null, meta: null }],
    [`POST /tasks/${pending}/reschedule`, { delayMs: 86_400_000 }],
    [`POST /tasks/${pending}/resume`, {}],
    [`POST /tasks/${done}/cancel`, {}],
    ["POST /tasks/resume", selection],
    ["POST /tasks/cancel", { ids: [done], dryRun: true }],
    ["POST /tasks/reschedule", { ...selection, runAt: 1_900_000_000_000 }],
    ["POST /tasks/delete", selection],
    ["POST /vacuum", { olderThanMs: 86_400_000, status: "Done", limit: 1 }],
    ["POST /resume-abandoned", {}],
    ["PATCH /config", { paused: false, defaults: { priority: 0, maxAttempts: 5, timeoutMs: null } }],
  ];
  return bodies.map(([line, body]) => {
    const [method = "", path = ""] = line.split(" ");
    return { method, path, body };
  });
};

/** Lists and their like, with a query. */
export const validQueries = ({ done }: Names): readonly string[] => [
  "/tasks?status=Done&groupKey=g&idempotencyKey=k&after=0&before=1900000000000&order=oldest&limit=10",
  `/wait?id=${done}&waitMs=0&progress=false`,
  "/workers",
  "/stats",
  "/history",
  "/config",
  `/tasks/${done}`,
];

/** Frames, in an order that makes sense. */
export const validFrames = (names: Names): readonly object[] => [
  { type: "register", worker: "socket", credit: 1, held: ["l"], autoStart: true, layers: ["retry"], info: { v: 1 } },
  { type: "credit", credit: 1 },
  { type: "credit", set: 0 },
  { type: "events", ref: "e", events: eventsOf(names), credit: 1 },
  { type: "push", ref: "p", tasks: [TASK, { args: null, delayMs: 86_400_000 }] },
  { type: "wait", ref: "w", ids: [names.pending, names.done], progress: true },
  { type: "unwait", ref: "w" },
  { type: "watch", ref: "s", topics: ["tasks", "workers", "stats"] },
  { type: "goodbye" },
];
