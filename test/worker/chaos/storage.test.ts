// Storage that fails once, under each kind of operation: the whole transaction, or the part of it that is the operation's own.
import { runInDurableObject } from "cloudflare:test";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { type End, freezeTime, Lab, pass, thawTime, until } from "../object/lab.ts";
import { Normal } from "./normal.ts";

beforeEach(() => {
  freezeTime();
  vi.spyOn(console, "error").mockImplementation(() => undefined);
});
afterEach(() => {
  thawTime();
  vi.restoreAllMocks();
});

/** Transactions are counted from here: the first is the group's, the second its first job's. */
const PLACES = { "at the end of the transaction": 1, "in its own part": 2 } as const;
type Place = keyof typeof PLACES;

/** A queue with a task that a worker runs, one that is Pending, one that is Killed, and one that nobody touches. */
interface Scene {
  readonly lab: Lab;
  readonly session: string;
  readonly running: { readonly id: string; readonly lease: string };
  readonly pending: string;
  readonly killed: string;
  /** A socket of nobody's. */
  readonly end: End;
}

async function sceneOf(): Promise<Scene> {
  const lab = new Lab();
  await lab.push({ args: 1, backoff: { jitter: 0 } });
  const { session, tasks } = await lab.call("POST", "/poll", { worker: "w" });
  const pending = (await lab.push({ args: 2 })).id;
  const killed = (await lab.push({ args: 3 })).id;
  await lab.call("POST", `/tasks/${killed}/cancel`);
  await lab.push({ args: "control", delayMs: 1_000_000 });
  const end = await lab.open();
  // The report of a queue's first use is a transaction of its own, which comes when the directory has answered.
  await until(async () => JSON.parse((await tally(lab)).body).reportedAt > 0, "the first report was made");
  // The worker was silent for so long that its leases may be taken back; nobody has looked yet.
  pass(60_000);
  return { lab, session, running: tasks[0], pending, killed, end };
}

const tally = async (lab: Lab) => (await lab.rows("SELECT body FROM state WHERE name = 'tally'"))[0];

/** The next transaction, or the first part of it, fails when all of it is done, as a full disk would make it. */
function failOnce(lab: Lab, place: Place): Promise<void> {
  return runInDurableObject(lab.stub, (_, { storage }) => {
    const transact = storage.transactionSync.bind(storage);
    let begun = 0;
    vi.spyOn(storage, "transactionSync").mockImplementation((body) => {
      const fails = ++begun === PLACES[place];
      return transact(() => {
        const value = body();
        if (fails) throw diskFull();
        return value;
      });
    });
  });
}

/** The platform writes down what a call throws; where from is of no interest. */
function diskFull(): Error {
  const error = new Error("the disk is full");
  error.stack = "";
  return error;
}

type Do = (scene: Scene) => Promise<unknown>;

const call =
  (method: string, below: string | ((scene: Scene) => string), body?: (scene: Scene) => unknown): Do =>
  (scene) =>
    scene.lab.call(method, typeof below === "string" ? below : below(scene), body?.(scene));
const event = (type: string, rest: object = {}): Do =>
  call("POST", "/events", ({ running: { id, lease } }) => ({ events: [{ type, id, lease, ...rest }] }));

const CALLS: Readonly<Record<string, Do>> = {
  "a push": call("POST", "/tasks", () => ({ args: 4 })),
  "a push with a key": call("POST", "/tasks", () => ({ args: 4, idempotencyKey: "k" })),
  "a push of several": call("POST", "/tasks", () => [{ args: 4 }, { args: 5 }]),
  "a poll": call("POST", "/poll", () => ({ worker: "w" })),
  "a poll with events": call("POST", "/poll", ({ running: { id, lease } }) => ({
    worker: "w",
    events: [{ type: "ack", id, lease, result: { ok: 1 } }],
  })),
  "an ack": event("ack", { result: { ok: 1 } }),
  "a failure": event("ack", { result: { err: "no", retryAfterMs: 50 } }),
  "an abort": event("ack", { result: { err: "no", abort: true } }),
  "a snooze": event("snooze", { delayMs: 50 }),
  "a release": event("release"),
  "an extension": event("extend", { timeoutMs: 50 }),
  progress: event("progress", { progress: 1 }),
  "a registration": call("POST", "/workers", () => ({ worker: "x" })),
  "a registration of a name that is taken": call("POST", "/workers", () => ({ worker: "w" })),
  "a heartbeat": call("POST", "/workers/w/heartbeat", ({ session }) => ({ session })),
  "a goodbye": call("DELETE", "/workers/w", ({ session }) => ({ session })),
  "an update": call(
    "PATCH",
    ({ pending }) => `/tasks/${pending}`,
    () => ({ args: 9 }),
  ),
  "a reschedule": call(
    "POST",
    ({ pending }) => `/tasks/${pending}/reschedule`,
    () => ({ delayMs: 50 }),
  ),
  "a resume": call("POST", ({ killed }) => `/tasks/${killed}/resume`),
  "a cancel": call("POST", ({ running }) => `/tasks/${running.id}/cancel`),
  "a deletion": call("DELETE", ({ pending }) => `/tasks/${pending}`),
  "many at once": call("POST", "/tasks/cancel", ({ pending, running }) => ({ ids: [pending, running.id] })),
  "a purge": call("POST", "/purge"),
  "a vacuum": call("POST", "/vacuum", () => ({ olderThanMs: 0 })),
  "resume-abandoned": call("POST", "/resume-abandoned"),
  "a change of settings": call("PATCH", "/config", () => ({ paused: true })),
  "a drop": call("DELETE", "?force"),
};

const frame =
  (made: object | ((scene: Scene) => object)): Do =>
  async (scene) => {
    scene.end.send(typeof made === "function" ? made(scene) : made);
    return scene.end.settled();
  };

const FRAMES: Readonly<Record<string, Do>> = {
  register: frame({ type: "register", worker: "x", credit: 1 }),
  events: frame(({ running: { id, lease } }) => ({
    ...{ type: "events", ref: "e" },
    events: [{ type: "ack", id, lease, result: { ok: 1 } }],
  })),
  push: frame({ type: "push", ref: "p", tasks: [{ args: 4 }] }),
  wait: frame(({ pending }) => ({ type: "wait", ref: "r", ids: [pending] })),
  watch: frame({ type: "watch", ref: "v", topics: ["workers"] }),
};

/** All that stands, for comparison. */
async function stand({ lab }: Scene): Promise<unknown> {
  const views = await Promise.all(["/tasks", "/workers", "/config", ""].map((path) => lab.call("GET", path)));
  return views.map(({ name: _, rates: __, detail: ___, ...view }) => view);
}

/** What an operation answers and leaves behind when all is well. */
async function well(operation: Do): Promise<unknown> {
  const start = Date.now();
  const scene = await sceneOf();
  const answer = await operation(scene);
  return new Normal(start).of([answer, await stand(scene)]);
}

const isRefused = (answer: unknown): boolean => /"code":"internal"/.test(JSON.stringify(answer));

describe.each(Object.entries({ ...CALLS, ...FRAMES }))("%s", (_, operation) => {
  let wanted: unknown;
  test.each(Object.keys(PLACES) as Place[])(
    "fails %s: it is refused, changes nothing, and can be repeated",
    async (place) => {
      const start = Date.now();
      const scene = await sceneOf();
      const before = await stand(scene);
      await failOnce(scene.lab, place);
      const failed = await operation(scene);
      expect(isRefused(failed), JSON.stringify(failed)).toBe(true);
      expect(JSON.stringify(failed)).not.toContain("disk");
      expect(await stand(scene)).toEqual(before);
      scene.end.unread();
      const answer = await operation(scene);
      const got = new Normal(start).of([answer, await stand(scene)]);
      wanted ??= await well(operation);
      expect(got).toEqual(wanted);
    },
  );
});
