// Leases that are lost, and names that are taken: what their holders still say changes nothing, whether the object slept or not.
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type End, freezeTime, Lab, pass, thawTime } from "../object/lab.ts";

beforeEach(freezeTime);
afterEach(thawTime);

const ORPHAN_MS = 60_000;
const EVENTS = [
  { type: "start" },
  { type: "ack", result: { ok: "late" } },
  { type: "ack", result: { err: "late" } },
  { type: "ack", result: { err: "late", abort: true } },
  { type: "snooze", delayMs: 1 },
  { type: "release" },
  { type: "extend", timeoutMs: 1 },
  { type: "progress", progress: "late" },
];

const taskOf = async (end: End) => (await end.settled()).flatMap(({ tasks }) => tasks ?? [])[0];

/** A worker that lost its task to silence; another has it now. */
async function lost(sleeps: boolean) {
  const lab = new Lab();
  const late = await lab.worker({ worker: "late", credit: 1, autoStart: true });
  const { id } = await lab.push({ backoff: { type: "fixed", baseMs: 1, jitter: 0 } });
  const old = await taskOf(late);
  if (sleeps) await lab.evict();
  pass(ORPHAN_MS);
  await lab.alarms();
  const other = await lab.worker({ worker: "other", credit: 1, autoStart: true });
  pass(1);
  await lab.alarms();
  const now = await taskOf(other);
  expect(now).toMatchObject({ id, attempt: 2 });
  if (sleeps) await lab.evict();
  return { lab, late, other, id, old, now };
}

describe.each([false, true])("a worker that speaks after it lost its lease (the object sleeps: %s)", (sleeps) => {
  test.each(EVENTS)("with $type $result: is told so, and nothing changes", async (event) => {
    const { lab, late, other, id, old, now } = await lost(sleeps);
    const before = await lab.task(id);
    late.send({ type: "events", ref: "e", events: [{ ...event, id, lease: old.lease }] });
    const answer = (await late.settled()).find(({ type }) => type === "answer");
    expect(answer.events).toMatchObject([{ id, error: { code: "lease_lost", taskStatus: "Running" } }]);
    // Without a session the lease must suffice, and does not.
    const direct = await lab.call("POST", "/events", { events: [{ ...event, id, lease: old.lease }] });
    expect(direct.events).toMatchObject([{ id, error: { code: "lease_lost", taskStatus: "Running" } }]);
    expect(await lab.task(id)).toEqual(before);
    other.send({ type: "events", ref: "e", events: [{ type: "ack", id, lease: now.lease, result: { ok: "kept" } }] });
    await other.settled();
    expect(await lab.task(id)).toMatchObject({ status: "Done", lastResult: { ok: "kept" } });
  });
});

describe.each([false, true])("two sessions with one worker's name (the object sleeps: %s)", (sleeps) => {
  test("the old one ends what it runs and gets no more; what it had not begun is the new one's", async () => {
    const lab = new Lab();
    const first = await lab.worker({ worker: "w", credit: 2 });
    const [runs, waits] = [(await lab.push()).id, (await lab.push()).id];
    const [begun] = (await first.settled()).flatMap(({ tasks }) => tasks ?? []);
    first.send({ type: "events", ref: "s", events: [{ type: "start", id: runs, lease: begun.lease }] });
    await first.settled();
    if (sleeps) await lab.evict();
    const second = await lab.worker({ worker: "w", credit: 5 });
    expect(second.frames.find(({ type }) => type === "tasks")).toMatchObject({ tasks: [{ id: waits }] });
    if (sleeps) await lab.evict();
    const ack = { type: "ack", id: runs, lease: begun.lease, result: { ok: "first" } };
    second.send({ type: "events", ref: "x", events: [{ ...ack, result: { ok: "second" } }] });
    expect((await second.settled()).find(({ ref }) => ref === "x").events).toMatchObject([
      { error: { code: "lease_lost" } },
    ]);
    const answer = await lab.call("POST", "/events", { worker: "w", session: first.session, events: [ack] });
    expect(answer).toMatchObject({ events: [{ id: runs, status: "Done" }] });
    expect(await lab.call("POST", "/poll", { worker: "w", session: first.session })).toMatchObject({
      code: "worker_not_found",
    });
    expect(await lab.task(runs)).toMatchObject({ status: "Done", lastResult: { ok: "first" } });
  });

  test("that take it from each other again and again: each task is run by one of them, and none is lost", async () => {
    const lab = new Lab();
    const { id } = await lab.push();
    let holder = await lab.worker({ worker: "w", credit: 1 });
    for (let turn = 0; turn < 4; turn++) {
      if (sleeps) await lab.evict();
      const next = await lab.worker({ worker: "w", credit: 1 });
      expect(holder.frames.filter(({ type }) => type === "lost")).toMatchObject([
        { leases: [{ id, reason: "superseded" }] },
      ]);
      holder = next;
    }
    const { lease } = holder.frames.flatMap(({ tasks }) => tasks ?? [])[0];
    holder.send({ type: "events", ref: "e", events: [{ type: "ack", id, lease, result: { ok: 1 } }] });
    await holder.settled();
    expect(await lab.task(id)).toMatchObject({ status: "Done", attempt: 1 });
  });
});
