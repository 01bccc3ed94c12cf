import { describe, expect, test } from "vitest";
import { Peer, types, UNKNOWN_ID } from "./peer.ts";
import { ack, event, first, Queue, serverForFile } from "./queue.ts";

const server = serverForFile();
const queue = () => new Queue(server());

const WORD = expect.any(String);

describe("events", () => {
  test("are answered in order, each for itself, and new credit takes effect after them", async () => {
    const used = queue();
    await used.post("/tasks", [{ args: 1 }, { args: 2 }, { args: 3 }]);
    const peer = await Peer.worker(used, { credit: 2 });
    const { tasks } = await peer.next("tasks");
    const [one, two] = tasks as [{ id: string; lease: string }, { id: string; lease: string }];
    await peer.settled();
    peer.send({
      type: "events",
      ref: "e",
      credit: 1,
      events: [
        event("start", one),
        event("progress", one, { progress: { at: 0.5 } }),
        event("extend", one, { timeoutMs: 5000 }),
        ack(one, { ok: { digits: 1 } }),
        ack({ ...two, lease: one.lease }),
        ack(two, { err: "no", abort: true }),
        { type: "start", id: UNKNOWN_ID, lease: two.lease },
      ],
    });
    expect(await peer.settled()).toEqual([
      {
        type: "answer",
        ref: "e",
        events: [
          { id: one.id, status: "Running" },
          { id: one.id, status: "Running" },
          { id: one.id, status: "Running" },
          { id: one.id, status: "Done" },
          { id: two.id, error: { code: "lease_lost", detail: WORD, taskStatus: "Queued" } },
          { id: two.id, status: "Killed" },
          { id: UNKNOWN_ID, error: { code: "task_not_found", detail: WORD } },
        ],
      },
      { type: "tasks", tasks: [expect.objectContaining({ args: 3 })] },
    ]);
  });

  test("of which one is malformed are all refused, and nothing is applied", async () => {
    const used = queue();
    const peer = await Peer.worker(used, { credit: 1 });
    const id = await used.push();
    const task = await peer.task();
    await peer.settled();
    peer.send({ type: "events", ref: "e", credit: 1, events: [ack(task), { type: "ack", id, lease: 7 }] });
    expect(await peer.settled()).toEqual([
      { type: "error", ref: "e", code: "bad_request", detail: WORD, path: expect.stringMatching(/^events\.1\./) },
    ]);
    expect((await used.task(id)).status).toBe("Queued");
  });

  test("of a socket that is not registered need the lease alone", async () => {
    const used = queue();
    const worker = await Peer.worker(used, { credit: 1 });
    await used.push();
    const task = await worker.task();
    const stranger = await Peer.open(used);
    expect(await stranger.report(ack(task))).toEqual([{ id: task.id, status: "Done" }]);
  });
});

describe("goodbye", () => {
  test("releases what is Queued unburned, orphans what is Running at once, and closes with 1000", async () => {
    const used = queue();
    const peer = await Peer.worker(used, { credit: 2 });
    await used.push();
    await used.push();
    const [running, queued] = [await peer.task(), await peer.task()];
    await peer.report(event("start", running));
    peer.send({ type: "goodbye" });
    expect(await peer.closed()).toBe(1000);
    expect(await used.task(queued.id)).toMatchObject({ status: "Pending", attempt: 0, runs: [] });
    expect(await used.task(running.id)).toMatchObject({
      status: "Failed",
      attempt: 1,
      lastResult: { err: expect.stringMatching(/^abandoned: worker w was silent for \d+ ms$/) },
      runs: [{ attempt: 1, outcome: "orphaned" }],
    });
    expect((await used.get<{ workers: [] }>("/workers")).body.workers).toEqual([]);
    expect((await used.post("/workers/w/heartbeat", { session: peer.session })).status).toBe(404);
  });

  test("after other frames does not overtake them", async () => {
    const used = queue();
    const peer = await Peer.open(used);
    peer.send(
      { type: "register", worker: "w", credit: 1 },
      { type: "push", ref: "p", tasks: [{ args: 1 }] },
      { type: "goodbye" },
    );
    expect(await peer.closed()).toBe(1000);
    expect(types(peer.socket.frames).filter((type) => type !== "tasks" && type !== "idle")).toEqual([
      "registered",
      "answer",
    ]);
    const { tasks } = await peer.next("answer");
    expect(await used.task(first(tasks as { id: string }[]).id)).toMatchObject({ status: "Pending", attempt: 0 });
  });

  test("of one that never registered closes as well", async () => {
    const peer = await Peer.open(queue());
    peer.send({ type: "goodbye" });
    expect(await peer.closed()).toBe(1000);
  });

  test("ends the long polls of its session", async () => {
    const used = queue();
    const peer = await Peer.worker(used);
    const poll = used.post<{ tasks: unknown[] }>("/poll", { worker: "w", session: peer.session, waitMs: 20_000 });
    await expect.poll(async () => (await used.get<{ workers: unknown[] }>("/workers")).body.workers).toHaveLength(1);
    peer.send({ type: "goodbye" });
    await poll;
    const id = await used.push();
    expect((await used.task(id)).status).toBe("Pending");
  });
});

describe("a lease that is revoked", () => {
  test.each([
    ["cancel", undefined, "cancelled"],
    ["reschedule", { delayMs: 60_000 }, "rescheduled"],
  ])("by %s is told as lost, and cannot be acked", async (verb, body, reason) => {
    const used = queue();
    const peer = await Peer.worker(used, { credit: 1, autoStart: true });
    await used.push();
    const { id, lease } = await peer.task();
    await peer.settled();
    expect((await used.post(`/tasks/${id}/${verb}`, body)).status).toBe(200);
    expect(await peer.settled()).toEqual([{ type: "lost", leases: [{ id, lease, reason }] }]);
    expect(first((await peer.report(ack({ id, lease }))) as object[])).toMatchObject({ error: { code: "lease_lost" } });
  });

  test("in bulk is told in one frame", async () => {
    const used = queue();
    const peer = await Peer.worker(used, { credit: 3 });
    await used.post("/tasks", [{ args: 1 }, { args: 2 }, { args: 3 }]);
    await peer.settled();
    await used.post("/tasks/cancel", { filter: {} });
    const [lost, ...rest] = await peer.settled();
    expect(rest).toEqual([]);
    expect(lost?.leases).toHaveLength(3);
  });

  test("because the queue is dropped is told as cancelled", async () => {
    const used = queue();
    const peer = await Peer.worker(used, { credit: 1 });
    await used.push();
    const { id, lease } = await peer.task();
    expect((await used.call("DELETE", "")).status).toBe(409);
    expect((await used.call("DELETE", "?force")).status).toBe(204);
    expect(await peer.next("lost")).toEqual({ type: "lost", leases: [{ id, lease, reason: "cancelled" }] });
    await peer.closed();
    const back = await Peer.worker(used, { session: peer.session, credit: 1 });
    expect(back.resumed).toEqual([]);
    await used.push();
    await back.task();
  });
});
