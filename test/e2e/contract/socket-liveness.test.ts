import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { until } from "../../support/processes.ts";
import { Peer, types } from "./peer.ts";
import { ack, event, first, Queue, serverForFile } from "./queue.ts";

const server = serverForFile();

const ORPHAN_MS = 1_000;
/** What a deadline may be late, on a busy machine. */
const LATE_MS = 1_500;

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

describe.concurrent("a worker that pings", () => {
  test("keeps its running task for longer than it may be silent, without a frame", async () => {
    const used = await queue();
    const peer = await Peer.worker(used, { credit: 1, autoStart: true });
    peer.ping();
    const id = await used.push();
    const task = await peer.task();
    await sleep(3 * ORPHAN_MS);
    expect(await statusOf(used, id)).toBe("Running");
    expect(types(peer.socket.frames)).not.toContain("lost");
    expect(await peer.report(ack(task))).toEqual([{ id, status: "Done" }]);
  });

  test("loses what it does not start in time, unburned", async () => {
    const used = await queue();
    const peer = await Peer.worker(used, { credit: 1 });
    peer.ping();
    const id = await used.push();
    const { lease } = await peer.task();
    expect(await peer.next("lost", ORPHAN_MS + LATE_MS)).toEqual({
      type: "lost",
      leases: [{ id, lease, reason: "orphaned" }],
    });
    expect(await used.task(id)).toMatchObject({ status: "Pending", attempt: 0, runs: [] });
  });

  test("is not struck for being slow: only the dead burn attempts", async () => {
    const used = await queue();
    const peer = await Peer.worker(used, { credit: 6 });
    peer.ping();
    const id = await used.push({ maxAttempts: 1 });
    for (let slow = 0; slow < 5; slow++) await peer.next("lost", ORPHAN_MS + LATE_MS);
    expect(await peer.task()).toMatchObject({ attempt: 0 });
    expect(await used.task(id)).toMatchObject({ attempt: 0 });
  });

  test("is bounded by the timeout of the task: lost says so", async () => {
    const used = await queue();
    const peer = await Peer.worker(used, { credit: 1, autoStart: true });
    peer.ping();
    const id = await used.push({ timeoutMs: 400 });
    const { lease } = await peer.task();
    expect(await peer.next("lost", 400 + LATE_MS)).toEqual({
      type: "lost",
      leases: [{ id, lease, reason: "timeout" }],
    });
    expect(await used.task(id)).toMatchObject({ status: "Failed", attempt: 1, runs: [{ outcome: "timeout" }] });
  });

  test("moves the deadline by extend, also where there was none, and loses the task at the new one", async () => {
    const used = await queue();
    const peer = await Peer.worker(used, { credit: 2, autoStart: true });
    peer.ping();
    const bounded = await used.push({ timeoutMs: 500 });
    const one = await peer.task();
    expect(await peer.report(event("extend", one, { timeoutMs: 60_000 }))).toEqual([
      { id: bounded, status: "Running" },
    ]);
    const free = await used.push();
    const two = await peer.task();
    await peer.report(event("extend", two, { timeoutMs: 300 }));
    expect(await peer.next("lost", 300 + LATE_MS)).toEqual({
      type: "lost",
      leases: [{ id: free, lease: two.lease, reason: "timeout" }],
    });
    await sleep(500);
    expect(await used.task(bounded)).toMatchObject({ status: "Running", timeoutMs: 500 });
  });
});

describe.concurrent("a session that is superseded", () => {
  test("loses what it runs once it is silent, though the name lives on", async () => {
    const used = await queue();
    const old = await Peer.worker(used, { credit: 1, autoStart: true });
    const id = await used.push();
    await old.task();
    const young = await Peer.worker(used);
    young.ping();
    await old.closed();
    expect(await statusOf(used, id)).toBe("Running");
    await becomes(used, id, "Failed");
  });

  test("keeps what it runs while it gives signs of life over HTTP", async () => {
    const used = await queue();
    const old = await Peer.worker(used, { credit: 1, autoStart: true });
    const id = await used.push();
    const task = await old.task();
    await Peer.worker(used);
    await old.closed();
    for (let beat = 0; beat < 6; beat++) {
      await sleep(ORPHAN_MS / 3);
      expect((await used.post("/workers/w/heartbeat", { session: old.session })).status).toBe(200);
    }
    expect(await statusOf(used, id)).toBe("Running");
    const sender = { worker: "w", session: old.session };
    expect(await used.event(ack(task), sender)).toEqual({ id, status: "Done" });
  });

  test("may say goodbye, and so loses it at once", async () => {
    const used = await queue();
    const old = await Peer.worker(used, { credit: 1, autoStart: true });
    const id = await used.push();
    await old.task();
    await Peer.worker(used);
    await old.closed();
    expect((await used.call("DELETE", "/workers/w", { session: old.session })).body).toEqual({ released: 0 });
    expect(await statusOf(used, id)).toBe("Failed");
  });
});

describe.concurrent("a long poll", () => {
  test("is a sign of life while it waits, and what it is given is held from then on", async () => {
    const used = await queue();
    const running = await used.leased({ args: 1 });
    const poll = used.poll({ waitMs: 10_000 });
    await sleep(2 * ORPHAN_MS);
    expect(await statusOf(used, running.id)).toBe("Running");
    const id = await used.push();
    expect(first((await poll).tasks)).toMatchObject({ id });
    await sleep(ORPHAN_MS / 2);
    expect(await statusOf(used, id)).toBe("Running");
    await becomes(used, id, "Failed");
  });
});

test("resume-abandoned takes back what is due by the same rules, and nothing else", async () => {
  const used = await queue();
  const peer = await Peer.worker(used, { credit: 1, autoStart: true });
  const id = await used.push();
  await peer.task();
  expect((await used.post("/resume-abandoned")).body).toEqual({ resumed: 0 });
  expect(await statusOf(used, id)).toBe("Running");
});

test("counts by status are those of the rows, whatever happened", async () => {
  const used = await queue();
  const peer = await Peer.worker(used, { credit: 20, autoStart: true });
  await used.post(
    "/tasks",
    Array.from({ length: 12 }, () => ({ args: null })),
  );
  const { tasks } = await peer.next("tasks");
  const held = tasks as { id: string; lease: string }[];
  await peer.report(
    ...held.slice(0, 2).map((task) => ack(task)),
    ...held.slice(2, 4).map((task) => ack(task, { err: "no", retryAfterMs: 60_000 })),
    ...held.slice(4, 6).map((task) => ack(task, { err: "no", abort: true })),
    ...held.slice(6, 8).map((task) => event("snooze", task, { delayMs: 60_000 })),
  );
  await used.post(`/tasks/${held[8]?.id}/cancel`);
  await used.call("DELETE", `/tasks/${held[0]?.id}`);
  await peer.next("lost", 2_000);
  await peer.next("lost", ORPHAN_MS + LATE_MS);
  const { body } = await used.get<{ tasks: { status: string }[] }>("/tasks?limit=1000");
  const counts: Record<string, number> = { Pending: 0, Queued: 0, Running: 0, Done: 0, Failed: 0, Killed: 0 };
  for (const { status } of body.tasks) counts[status] = (counts[status] ?? 0) + 1;
  expect(await used.counts()).toEqual(counts);
  expect(counts).toEqual({ Pending: 2, Queued: 0, Running: 0, Done: 1, Failed: 5, Killed: 3 });
});
