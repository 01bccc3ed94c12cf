// Callers and a worker on one socket.
import { describe, expect, test, vi } from "vitest";
import { collect, done, endOf } from "./fake-fetch.ts";
import { FakeSocket, type Frame, lastSocket, onFakeSockets, socketCount } from "./fake-socket.ts";
import {
  answerTo,
  deliver,
  eventsOf,
  open,
  queueOf,
  registered,
  settle,
  startWorker,
  task,
  welcome,
} from "./worker-bench.ts";

onFakeSockets();

const noFetch = () => Promise.reject(new TypeError("fetch failed"));

const pushedAt = (frame: Frame | undefined, id = "t9"): Frame => ({
  type: "answer",
  ref: frame?.ref,
  tasks: [{ id, status: "Pending", created: true }],
});

const typesOf = (frames: readonly Frame[]) => frames.map(({ type }) => type);

describe("callers and a worker of one queue", () => {
  test("share a socket, and each hears what is its own", async () => {
    const backend = queueOf();
    const { jobs } = startWorker({ backend });
    const server = await welcome();
    const push = endOf(backend.push("a"));
    const wait = endOf(collect(backend.waitFor(["t1"])));
    await settle();
    expect(socketCount()).toBe(1);
    const [register, ...asked] = server.sent();
    expect(register).toMatchObject({ type: "register", credit: 1 });
    const pushFrame = asked.find(({ type }) => type === "push");
    const waitFrame = asked.find(({ type }) => type === "wait");
    await deliver(server, task(1));
    jobs[0]?.finish("one");
    await settle();
    const [ack] = server.sent();
    expect(eventsOf(ack)).toEqual(["ack t1"]);
    expect(new Set([pushFrame?.ref, waitFrame?.ref, ack?.ref]).size).toBe(3);
    server.say(pushedAt(pushFrame));
    server.say(answerTo(ack));
    server.say({ type: "result", ref: waitFrame?.ref, results: [done("t1", "one")] });
    expect(await push).toMatchObject({ value: { id: "t9" } });
    expect(await wait).toMatchObject({ value: [{ id: "t1", value: "one" }] });
  });

  test("are not mixed up when refs are counted up to the same", async () => {
    const backend = queueOf();
    const { events } = startWorker({ backend });
    const server = await welcome();
    const push = endOf(backend.push("a"));
    await settle();
    const frame = server.sent().find(({ type }) => type === "push");
    server.say({ type: "error", ref: frame?.ref, code: "bad_request", detail: "no" });
    expect(await push).toMatchObject({ error: { code: "bad_request" } });
    expect(events.some(({ type }) => type === "refused" || type === "stop")).toBe(false);
  });

  test("meet on a socket that callers had opened: the worker registers on it at once", async () => {
    const backend = queueOf();
    const push = endOf(backend.push("a"));
    const server = await open();
    server.say(pushedAt(server.sent()[0]));
    await push;
    startWorker({ backend });
    await settle();
    expect(socketCount()).toBe(1);
    expect(server.sent()).toMatchObject([{ type: "register", credit: 1 }]);
  });

  test("come back together after a break: the worker first, then what was not answered", async () => {
    const backend = queueOf();
    startWorker({ backend });
    const first = await welcome();
    const wait = endOf(collect(backend.waitFor(["t1"])));
    const push = endOf(backend.push("a", { retry: true }));
    await settle();
    first.drop();
    const second = await welcome();
    expect(typesOf(second.sent())).toEqual(["register", "push", "wait"]);
    expect(await Promise.race([wait, push, "nothing yet"])).toBe("nothing yet");
  });

  test("stay on the socket when the worker is refused: its scope does not reach that far", async () => {
    const backend = queueOf();
    const { worker } = startWorker({ backend });
    const push = endOf(backend.push("a"));
    const server = await open();
    const frame = server.sent().find(({ type }) => type === "push");
    server.say({ type: "error", code: "forbidden", detail: "A `register` frame needs the scope `work`." });
    await expect(worker.closed).rejects.toMatchObject({ code: "forbidden" });
    server.say(pushedAt(frame));
    expect(await push).toMatchObject({ value: { id: "t9" } });
    expect(server.left).toBe(false);
  });

  test("part when the worker is superseded: callers go on over another socket", async () => {
    const backend = queueOf();
    const { worker } = startWorker({ backend });
    const first = await welcome();
    const wait = endOf(collect(backend.waitFor(["t1"])));
    await settle();
    first.drop(4001, "superseded");
    await expect(worker.closed).rejects.toMatchObject({ code: "superseded" });
    const second = await open(200);
    const frames = second.sent();
    expect(typesOf(frames)).toEqual(["wait"]);
    second.say({ type: "result", ref: frames[0]?.ref, results: [done("t1")] });
    expect(await wait).toMatchObject({ value: [{ id: "t1" }] });
  });

  test("part when the worker says goodbye: what is pushed meanwhile waits for the next socket", async () => {
    const backend = queueOf();
    const { worker } = startWorker({ backend });
    const first = await welcome();
    first.sent();
    const stopped = worker.stop();
    await settle();
    first.say({ type: "credit", credit: 0 });
    await settle();
    expect(typesOf(first.sent())).toEqual(["credit", "goodbye"]);
    const push = endOf(backend.push("a"));
    await settle();
    expect(first.sent()).toEqual([]);
    first.drop(1000, "goodbye");
    await stopped;
    const second = await open(200);
    const [frame] = second.sent();
    expect(frame).toMatchObject({ type: "push" });
    second.say(pushedAt(frame));
    expect(await push).toMatchObject({ value: { id: "t9" } });
  });

  test("part when the server does not answer the worker that leaves: its registration goes with the socket", async () => {
    const backend = queueOf({ fetch: noFetch });
    const { worker } = startWorker({ backend });
    const first = await welcome();
    const wait = endOf(collect(backend.waitFor(["t1"])));
    await settle();
    const stopped = worker.stop();
    await settle(10_000);
    await stopped;
    expect(first.left).toBe(true);
    const second = await open(200);
    expect(typesOf(second.sent())).toEqual(["wait"]);
    expect(await Promise.race([wait, "nothing yet"])).toBe("nothing yet");
  });

  test("do not keep a process alive once the worker has stopped and nobody waits", async () => {
    const { worker } = startWorker();
    const server = await welcome();
    const stopped = worker.stop();
    await settle();
    server.say({ type: "credit", credit: 0 });
    await settle();
    server.drop(1000, "goodbye");
    await stopped;
    await settle();
    expect(vi.getTimerCount()).toBe(0);
    expect(socketCount()).toBe(1);
  });
});

test("a worker that is refused leaves no socket behind", async () => {
  const { worker } = startWorker();
  const server = await open();
  server.say({ type: "error", code: "forbidden", detail: "A `register` frame needs the scope `work`." });
  await expect(worker.closed).rejects.toMatchObject({ code: "forbidden" });
  await settle();
  expect(server.left).toBe(true);
  expect(vi.getTimerCount()).toBe(0);
});

describe("a second worker of one backend", () => {
  test("has a socket of its own", async () => {
    const backend = queueOf();
    const one = startWorker({ backend, id: "one" });
    const first = await welcome();
    const two = startWorker({ backend, id: "two" });
    const second = await welcome({ session: "s2" });
    expect(first.sent()).toMatchObject([{ worker: "one" }]);
    expect(second.sent()).toMatchObject([{ worker: "two" }]);
    await deliver(second, task(2));
    expect([one.jobs.length, two.jobs.length]).toEqual([0, 1]);
  });

  test("takes the place of the first, once that has left", async () => {
    const backend = queueOf();
    const one = startWorker({ backend });
    const first = await welcome();
    const stopped = one.worker.stop();
    await settle();
    first.say({ type: "credit", credit: 0 });
    await settle();
    first.drop(1000);
    await stopped;
    startWorker({ backend });
    await settle();
    const push = endOf(backend.push("a"));
    const second = await open();
    expect(typesOf(second.sent())).toEqual(["register", "push"]);
    second.say(registered());
    expect(socketCount()).toBe(2);
    expect(await Promise.race([push, "nothing yet"])).toBe("nothing yet");
  });
});

test("what is no frame, as a proxy may say, is a reason to try another socket", async () => {
  const { events } = startWorker({ fetch: noFetch });
  const first = await welcome();
  first.say("<html>");
  expect(first.left).toBe(true);
  await welcome();
  expect(events).toContainEqual(expect.objectContaining({ type: "break", reason: "what came is no frame" }));
  expect(FakeSocket.opened).toHaveLength(2);
  expect(lastSocket().left).toBe(false);
});
