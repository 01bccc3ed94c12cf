// Every client frame, with the object put to sleep before it, while it is on its way, and after it: nobody sees a difference.
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type End, freezeTime, Lab, pass, thawTime, until } from "../object/lab.ts";
import { Normal } from "./normal.ts";

beforeEach(freezeTime);
afterEach(thawTime);

type When = "never" | "before and after" | "during";

interface Scene {
  readonly lab: Lab;
  /** The socket that the frame goes over, as a worker named `w` that holds the task, or as nobody. */
  readonly end: End;
  readonly session: string;
  readonly id: string;
  readonly lease: string;
}

interface Case {
  /** Nobody yet, a worker that holds a Queued task, or one that runs it. */
  readonly as: "nobody" | "holder" | "runner";
  readonly frame: (scene: Scene) => object | string;
  /** What shows whether the frame has had its effect. */
  readonly follow: (scene: Scene) => Promise<unknown>;
}

const event = (type: string, rest: object = {}) => ({
  frame: ({ id, lease }: Scene) => ({ type: "events", ref: "e", events: [{ type, id, lease, ...rest }] }),
});
const deliver = ({ lab }: Scene) => lab.push({ args: "next" });
const later = (ms: number) => async (scene: Scene) => {
  pass(ms);
  await scene.lab.alarms();
  return deliver(scene);
};

const CASES: Readonly<Record<string, Case>> = {
  register: { as: "nobody", frame: () => ({ type: "register", worker: "x", credit: 2 }), follow: deliver },
  "register of a session with what it holds": {
    as: "nobody",
    frame: ({ session, lease }) => ({ type: "register", worker: "w", session, credit: 2, held: [lease] }),
    follow: deliver,
  },
  "register of a session that knows nothing": {
    as: "nobody",
    frame: ({ session }) => ({ type: "register", worker: "w", session, credit: 2 }),
    follow: deliver,
  },
  "register of a name that is taken": {
    as: "nobody",
    frame: () => ({ type: "register", worker: "w", credit: 2 }),
    follow: deliver,
  },
  start: { as: "holder", ...event("start"), follow: later(1_000) },
  "ack ok": { as: "runner", ...event("ack", { result: { ok: 1 } }), follow: deliver },
  "ack ok of what was not started": { as: "holder", ...event("ack", { result: { ok: 1 } }), follow: deliver },
  "ack err": { as: "runner", ...event("ack", { result: { err: "no", retryAfterMs: 500 } }), follow: later(500) },
  abort: { as: "runner", ...event("ack", { result: { err: "no", abort: true } }), follow: deliver },
  snooze: { as: "runner", ...event("snooze", { delayMs: 500 }), follow: later(500) },
  release: { as: "runner", ...event("release"), follow: deliver },
  extend: { as: "runner", ...event("extend", { timeoutMs: 300 }), follow: later(300) },
  progress: { as: "runner", ...event("progress", { progress: 7 }), follow: deliver },
  "events with credit": {
    as: "runner",
    frame: ({ id, lease }) => ({
      ...{ type: "events", ref: "e", credit: 2 },
      events: [{ type: "ack", id, lease, result: { ok: 1 } }],
    }),
    follow: deliver,
  },
  "credit that adds": { as: "runner", frame: () => ({ type: "credit", credit: 1 }), follow: deliver },
  "credit that is set": { as: "runner", frame: () => ({ type: "credit", set: 1 }), follow: deliver },
  "credit that is taken away": { as: "runner", frame: () => ({ type: "credit", set: 0 }), follow: deliver },
  push: {
    as: "nobody",
    frame: () => ({ type: "push", ref: "p", tasks: [{ args: 1 }, { args: 2, idempotencyKey: "k" }] }),
    follow: ({ lab }) => lab.push({ idempotencyKey: "k" }),
  },
  wait: {
    as: "nobody",
    frame: ({ id }) => ({ type: "wait", ref: "r", ids: [id, "nobody"], progress: true }),
    follow: ({ lab, id }) => lab.call("POST", `/tasks/${id}/cancel`),
  },
  unwait: {
    as: "nobody",
    frame: () => ({ type: "unwait", ref: "given" }),
    follow: ({ lab, id }) => lab.call("POST", `/tasks/${id}/cancel`),
  },
  watch: {
    as: "nobody",
    frame: () => ({ type: "watch", ref: "v", topics: ["tasks"] }),
    follow: async (scene) => {
      const pushed = await deliver(scene);
      await until(() => scene.end.frames.some(({ topic }) => topic === "tasks"), "the change was told");
      return pushed;
    },
  },
  goodbye: {
    as: "runner",
    frame: () => ({ type: "goodbye" }),
    follow: async ({ lab, end }) => {
      await until(() => end.closeCode !== null, "the socket was closed");
      return lab.call("GET", "/workers");
    },
  },
  "what is no frame": { as: "runner", frame: () => "no JSON", follow: deliver },
};

async function sceneOf(as: Case["as"]): Promise<Scene> {
  const lab = new Lab();
  const holder = await lab.worker({ credit: 1 });
  await lab.push({ args: "first", backoff: { jitter: 0 } });
  const [{ tasks }] = await holder.settled();
  const { id, lease } = tasks[0];
  const scene = { lab, end: holder, session: holder.session, id, lease };
  if (as === "runner") {
    holder.send({ type: "events", ref: "s", events: [{ type: "start", id, lease }] });
    await holder.settled();
  }
  if (as !== "nobody") return scene;
  const end = await lab.open();
  end.send({ type: "wait", ref: "given", ids: [id] });
  await end.settled();
  return { ...scene, end };
}

/** All that anybody can see of a frame and what follows, the object asleep at that time. */
async function seen({ as, frame, follow }: Case, when: When): Promise<unknown> {
  const start = Date.now();
  const scene = await sceneOf(as);
  const { lab, end } = scene;
  if (when === "before and after") await lab.evict();
  end.send(frame(scene));
  if (when === "during") await lab.evict();
  const first = await settled(end);
  if (when === "before and after") await lab.evict();
  const answer = await follow(scene);
  const rest = await settled(end);
  const [tasks, workers, { counts }] = await Promise.all(
    ["/tasks", "/workers", ""].map((path) => lab.call("GET", path)),
  );
  const normal = new Normal(start);
  return normal.of({ frames: [...first, ...rest], code: end.closeCode, answer, tasks, workers, counts });
}

/** A socket that was closed has no more to say than it said. */
async function settled(end: End): Promise<unknown[]> {
  if (end.closeCode !== null) return end.unread();
  const { promise, resolve } = Promise.withResolvers<unknown[]>();
  const look = setInterval(() => end.closeCode !== null && resolve(end.unread()), 5);
  try {
    return await Promise.race([promise, end.settled()]);
  } finally {
    clearInterval(look);
  }
}

const ORPHAN_MS = 60_000;

describe.each(Object.entries(CASES))("%s", (_, one) => {
  let awake: unknown;
  test.each(["before and after", "during"] as const)("asleep %s it", async (when) => {
    awake ??= await seen(one, "never");
    expect(await seen(one, when)).toEqual(awake);
  });

  test("sockets gone after it, without a word: what it did stands", async () => {
    const scene = await sceneOf(one.as);
    scene.end.send(one.frame(scene));
    await settled(scene.end);
    const before = await scene.lab.call("GET", "/tasks");
    await scene.lab.evict("close");
    expect(await scene.lab.call("GET", "/tasks")).toEqual(before);
    // Whoever comes next gets what is there to be had.
    const heir = await scene.lab.worker({ worker: "heir", credit: 5 });
    // The first alarm sees that the holder is missing; it has as long again to come back.
    for (let look = 0; look < 2; look++) {
      pass(ORPHAN_MS);
      await scene.lab.alarms();
      await heir.ping();
    }
    const { counts } = await scene.lab.call("GET", "");
    expect(counts.Running).toBe(0);
  });
});
