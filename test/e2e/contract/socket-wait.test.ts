import { describe, expect, test } from "vitest";
import { Peer, types, UNKNOWN_ID } from "./peer.ts";
import { ack, event, Queue, serverForFile } from "./queue.ts";

const server = serverForFile();
const queue = () => new Queue(server());

const WORD = expect.any(String);

describe("wait", () => {
  test("tells each id once: the terminal and the unknown at once, the others when they end", async () => {
    const used = queue();
    const done = await used.taskIn("Done");
    const killed = await used.taskIn("Killed");
    const pending = await used.push();
    const peer = await Peer.open(used);
    peer.send({ type: "wait", ref: "w", ids: [pending, done.id, UNKNOWN_ID, killed.id, done.id, "nonsense"] });
    expect(await peer.settled()).toEqual([
      {
        type: "result",
        ref: "w",
        results: expect.arrayContaining([
          { id: done.id, status: "Done", attempt: 1, result: { ok: 1 } },
          { id: killed.id, status: "Killed", attempt: 1, result: { err: "no" } },
          { id: UNKNOWN_ID, error: { code: "task_not_found", detail: WORD } },
          { id: "nonsense", error: { code: "task_not_found", detail: WORD } },
        ]),
      },
    ]);
    const { tasks } = await used.poll();
    expect(await peer.settled()).toEqual([]);
    await used.event(ack({ id: pending, lease: tasks[0]?.lease ?? "" }, { ok: null }));
    expect(await peer.settled()).toEqual([
      { type: "result", ref: "w", results: [{ id: pending, status: "Done", attempt: 1, result: { ok: null } }] },
    ]);
    await used.call("DELETE", `/tasks/${pending}`);
    expect(await peer.settled()).toEqual([]);
  });

  test("does not take a failure for an end", async () => {
    const used = queue();
    const task = await used.leased({ maxAttempts: 2 });
    const peer = await Peer.open(used);
    peer.send({ type: "wait", ref: "w", ids: [task.id] });
    await peer.settled();
    await used.event(ack(task, { err: "once", retryAfterMs: 0 }));
    const { tasks } = await used.poll();
    expect(await peer.settled()).toEqual([]);
    await used.event(ack({ id: task.id, lease: tasks[0]?.lease ?? "" }, { err: "twice" }));
    expect(await peer.settled()).toMatchObject([
      { results: [{ status: "Killed", attempt: 2, result: { err: "twice" } }] },
    ]);
  });

  test("that comes together with the end it waits for is told of it", async () => {
    const used = queue();
    const tasks = await Promise.all(Array.from({ length: 20 }, () => used.push()));
    const worker = await Peer.worker(used, { credit: 20 });
    const given = (await worker.settled()).flatMap((frame) => (frame.tasks as { id: string; lease: string }[]) ?? []);
    const waiting = await Peer.open(used);
    for (const task of given) {
      waiting.send(
        { type: "wait", ref: `w ${task.id}`, ids: [task.id] },
        { type: "events", ref: `e ${task.id}`, events: [ack(task)] },
      );
    }
    await waiting.settled();
    const results = waiting.socket.frames.filter(({ type, ref }) => type === "result" && String(ref).startsWith("w "));
    expect(results.map(({ ref }) => ref).sort()).toEqual(tasks.map((id) => `w ${id}`).sort());
  });

  test("that comes together with what it asks for knows it", async () => {
    const used = queue();
    const worker = await Peer.worker(used, { credit: 1 });
    const id = await used.push();
    const task = await worker.task();
    worker.send(
      { type: "wait", ref: "w", ids: [id], progress: true },
      { type: "events", ref: "e", events: [event("progress", task, { progress: 1 }), ack(task)] },
      { type: "unwait", ref: "w" },
      { type: "wait", ref: "w", ids: [id] },
    );
    const frames = (await worker.settled()).filter(({ ref }) => ref === "w");
    expect(frames.at(-1)).toMatchObject({ type: "result", results: [{ id, status: "Done" }] });
  });

  test("under two refs tells both; unwait ends one of them alone", async () => {
    const used = queue();
    const task = await used.leased();
    const peer = await Peer.open(used);
    for (const ref of ["a", "b", "c"]) peer.send({ type: "wait", ref, ids: [task.id] });
    peer.send({ type: "unwait", ref: "b" }, { type: "unwait", ref: "never" });
    await peer.settled();
    await used.event(ack(task));
    expect((await peer.settled()).map(({ ref }) => ref)).toEqual(["a", "c"]);
    peer.send({ type: "wait", ref: "a", ids: [task.id] });
    expect(types(await peer.settled())).toEqual(["result"]);
  });

  test("with progress tells that as well, before the end", async () => {
    const used = queue();
    const task = await used.leased();
    const peer = await Peer.open(used);
    peer.send({ type: "wait", ref: "p", ids: [task.id], progress: true }, { type: "wait", ref: "q", ids: [task.id] });
    await peer.settled();
    await used.event(event("progress", task, { progress: { done: 3 } }));
    expect(await peer.settled()).toEqual([{ type: "progress", ref: "p", id: task.id, progress: { done: 3 } }]);
    await used.post("/events", { events: [event("progress", task, { progress: 4 }), ack(task)] });
    expect((await peer.settled()).map(({ type, ref }) => [type, ref])).toEqual([
      ["progress", "p"],
      ["result", "p"],
      ["result", "q"],
    ]);
  });

  test("is told of what is deleted meanwhile, by whatever verb", async () => {
    const used = queue();
    const ids = await Promise.all(Array.from({ length: 4 }, () => used.push()));
    const peer = await Peer.open(used);
    peer.send({ type: "wait", ref: "w", ids });
    await peer.settled();
    await used.call("DELETE", `/tasks/${ids[0]}`);
    expect(await peer.settled()).toEqual([
      { type: "result", ref: "w", results: [{ id: ids[0], error: { code: "task_not_found", detail: WORD } }] },
    ]);
    await used.post("/tasks/delete", { ids: [ids[1]] });
    expect(await peer.settled()).toMatchObject([{ results: [{ id: ids[1] }] }]);
    await used.post("/purge");
    expect(await peer.settled()).toMatchObject([{ results: [{ id: ids[2] }, { id: ids[3] }] }]);
  });

  test("is told when the queue is dropped, and a socket that waits stays open", async () => {
    const used = queue();
    const id = await used.push();
    const peer = await Peer.open(used);
    peer.send({ type: "wait", ref: "w", ids: [id] });
    await peer.settled();
    await used.call("DELETE", "");
    expect(await peer.settled()).toEqual([
      { type: "result", ref: "w", results: [{ id, error: { code: "task_not_found", detail: WORD } }] },
    ]);
  });

  test("on a queue that was never used knows nothing, and does not begin it", async () => {
    const used = queue();
    const peer = await Peer.open(used);
    peer.send({ type: "wait", ref: "w", ids: [UNKNOWN_ID] });
    expect(await peer.next("result")).toMatchObject({
      results: [{ id: UNKNOWN_ID, error: { code: "task_not_found" } }],
    });
    expect((await used.get("")).status).toBe(404);
  });

  test("refuses an id of another partition", async () => {
    const used = queue();
    const id = await used.push();
    // The 10 bits behind the time are the partition: characters 10 and 11 of the id.
    const elsewhere = `${id.slice(0, 10)}04${id.slice(12)}`;
    const peer = await Peer.open(used);
    peer.send({ type: "wait", ref: "w", ids: [id, elsewhere] });
    expect(await peer.settled()).toEqual([
      expect.objectContaining({ type: "error", ref: "w", code: "wrong_partition" }),
    ]);
  });

  test("holds 1,500 ids a socket, and refuses more until some are told", async () => {
    const used = queue();
    const push = async (count: number): Promise<string[]> => {
      const tasks = Array.from({ length: count }, () => ({ args: null }));
      const { body } = await used.post<{ tasks: { id: string }[] }>("/tasks", tasks);
      return body.tasks.map((task: { id: string }) => task.id);
    };
    const [a, b] = [await push(1000), await push(501)];
    const peer = await Peer.open(used);
    peer.send(
      { type: "wait", ref: "a", ids: a },
      { type: "wait", ref: "b", ids: b.slice(0, 500) },
      { type: "wait", ref: "c", ids: b.slice(500) },
    );
    expect(await peer.settled()).toEqual([{ type: "error", ref: "c", code: "too_many_requests", detail: WORD }]);
    await used.post("/tasks/cancel", { ids: a });
    const told = await peer.settled();
    expect(told.flatMap((frame) => frame.results as { status: string }[]).map(({ status }) => status)).toEqual(
      Array.from({ length: 1000 }, () => "Killed"),
    );
    peer.send({ type: "wait", ref: "c", ids: b.slice(500) });
    expect(await peer.settled()).toEqual([]);
    await used.post("/purge");
    expect((await peer.settled()).flatMap((frame) => frame.results as unknown[])).toHaveLength(501);
  });
});
