import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { until } from "../../support/processes.ts";
import { Peer, types } from "./peer.ts";
import { ack, Queue, serverForFile } from "./queue.ts";

const server = serverForFile();

const ORPHAN_MS = 1_000;
/** What a deadline may be late, on a busy machine. */
const LATE_MS = 1_500;

const WORD = expect.any(String);

/** A queue whose workers may be silent for a second. */
async function queue(): Promise<Queue> {
  const used = new Queue(server());
  await used.configure({ orphanAfterMs: ORPHAN_MS });
  return used;
}

const statusOf = async (used: Queue, id: string) => (await used.task(id)).status;

async function becomes(used: Queue, id: string, status: string): Promise<void> {
  const begun = Date.now();
  await until(async () => (await statusOf(used, id)) === status, `the task was ${status}`);
  expect(Date.now() - begun).toBeLessThan(ORPHAN_MS + LATE_MS);
}

describe.concurrent("a silent worker", () => {
  test("on a socket that is open is told by lost that its running task was orphaned", async () => {
    const used = await queue();
    const peer = await Peer.worker(used, { worker: "mute", credit: 1, autoStart: true });
    const id = await used.push();
    const { lease } = await peer.task();
    const begun = Date.now();
    expect(await peer.next("lost", ORPHAN_MS + LATE_MS)).toEqual({
      type: "lost",
      leases: [{ id, lease, reason: "orphaned" }],
    });
    expect(Date.now() - begun).toBeGreaterThan(ORPHAN_MS - 300);
    const task = await used.task(id);
    expect(task).toMatchObject({
      status: "Failed",
      attempt: 1,
      runs: [{ attempt: 1, worker: "mute", outcome: "orphaned" }],
    });
    const error = (task.lastResult as { err: string }).err;
    expect(error).toMatch(/^abandoned: worker mute was silent for \d+ ms$/);
    const silent = Number(/\d+/.exec(error)?.[0]);
    expect(silent).toBeGreaterThanOrEqual(ORPHAN_MS);
    expect(silent).toBeLessThan(ORPHAN_MS + LATE_MS);
    expect(task.runAt).toBeGreaterThan(task.runs[0]?.endedAt ?? 0);
    expect(await peer.report(ack({ id, lease }))).toEqual([
      { id, error: { code: "lease_lost", detail: WORD, taskStatus: "Failed" } },
    ]);
  });

  test("loses what it has not started, unburned, and is not given it again while it is silent", async () => {
    const used = await queue();
    const peer = await Peer.worker(used, { credit: 5 });
    const id = await used.push();
    await peer.task();
    await peer.next("lost", ORPHAN_MS + LATE_MS);
    await sleep(ORPHAN_MS / 2);
    expect(await used.task(id)).toMatchObject({ status: "Pending", attempt: 0, runs: [] });
    expect(types(peer.socket.frames).filter((type) => type === "tasks")).toHaveLength(1);
    // A word, and it is trusted again.
    peer.send({ type: "credit", credit: 1 });
    expect(await peer.task()).toMatchObject({ id });
  });

  test("that is heard again by a ping is given tasks again before long", async () => {
    const used = await queue();
    const peer = await Peer.worker(used, { credit: 5 });
    const id = await used.push();
    await peer.task();
    await peer.next("lost", ORPHAN_MS + LATE_MS);
    peer.ping();
    expect(await peer.task(ORPHAN_MS + LATE_MS)).toMatchObject({ id });
  });

  test("that held nothing is given a task once, with as long to speak as any", async () => {
    const used = await queue();
    const peer = await Peer.worker(used, { credit: 5, autoStart: true });
    await sleep(ORPHAN_MS + 200);
    const id = await used.push({ maxAttempts: 1 });
    const task = await peer.task();
    await sleep(ORPHAN_MS / 2);
    expect(await peer.report(ack(task))).toEqual([{ id, status: "Done" }]);
  });

  test("at the last attempt kills its task", async () => {
    const used = await queue();
    const peer = await Peer.worker(used, { credit: 1, autoStart: true });
    const id = await used.push({ maxAttempts: 1 });
    await peer.next("lost", ORPHAN_MS + LATE_MS);
    expect(await used.task(id)).toMatchObject({
      status: "Killed",
      lastResult: { err: expect.stringContaining("abandoned") },
    });
  });

  test("gives way to another that waits", async () => {
    const used = await queue();
    await Peer.worker(used, { worker: "mute", credit: 1 });
    const id = await used.push();
    const other = await Peer.worker(used, { worker: "other", credit: 1 });
    other.ping();
    expect(await other.task(ORPHAN_MS + LATE_MS)).toMatchObject({ id, lockBy: "other" });
  });

  test("is listed until its leases are gone, and is not alive", async () => {
    const used = await queue();
    const peer = await Peer.worker(used, { credit: 1 });
    await used.push();
    await peer.task();
    expect((await used.get<{ workers: object[] }>("/workers")).body.workers).toMatchObject([
      { alive: true, leases: 1 },
    ]);
    await peer.next("lost", ORPHAN_MS + LATE_MS);
    expect((await used.get<{ workers: object[] }>("/workers")).body.workers).toEqual([]);
  });
});

describe.concurrent("a socket that closes", () => {
  test("is no dead worker: its session goes on with its leases in time", async () => {
    const used = await queue();
    const peer = await Peer.worker(used, { credit: 1, autoStart: true });
    const id = await used.push();
    const task = await peer.task();
    peer.close();
    await peer.closed();
    await sleep(ORPHAN_MS / 2);
    expect(await statusOf(used, id)).toBe("Running");
    const back = await Peer.worker(used, { session: peer.session, held: [task.lease] });
    back.ping();
    expect(back.resumed).toEqual([{ id, lease: task.lease, status: "Running" }]);
    await sleep(2 * ORPHAN_MS);
    expect(await back.report(ack(task))).toEqual([{ id, status: "Done" }]);
  });

  test("for too long loses them, and is told so when it comes back", async () => {
    const used = await queue();
    const peer = await Peer.worker(used, { credit: 1, autoStart: true });
    const id = await used.push();
    const task = await peer.task();
    peer.close();
    await becomes(used, id, "Failed");
    const back = await Peer.worker(used, { session: peer.session, held: [task.lease] });
    expect(back.resumed).toEqual([]);
    expect(await back.next("lost")).toMatchObject({ leases: [{ id, lease: task.lease, reason: "orphaned" }] });
  });

  test("five times in a row without a start burns an attempt, and so no task loops for ever", async () => {
    const used = await queue();
    const id = await used.push({ maxAttempts: 1 });
    for (let death = 1; death <= 5; death++) {
      const peer = await Peer.worker(used, { worker: `mortal ${death}`, credit: 1 });
      expect(await peer.task(ORPHAN_MS + LATE_MS)).toMatchObject({ id, attempt: 0 });
      peer.close();
      const after = death < 5 ? "Pending" : "Killed";
      await becomes(used, id, after);
    }
    expect(await used.task(id)).toMatchObject({
      attempt: 1,
      lastResult: { err: expect.stringContaining("abandoned") },
    });
  });

  test("and is superseded five times burns an attempt as well", async () => {
    const used = await queue();
    const id = await used.push({ maxAttempts: 2 });
    for (let death = 0; death < 6; death++) {
      const peer = await Peer.worker(used, { credit: 1 });
      expect(await peer.task()).toMatchObject({ id, attempt: death < 5 ? 0 : 1 });
    }
  });
});
