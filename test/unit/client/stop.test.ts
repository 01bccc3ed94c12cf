import { expect, test } from "vitest";
import { lastSocket, onFakeSockets, socketCount } from "./fake-socket.ts";
import { answerTo, deliver, eventsOf, registered, settle, startWorker, task, welcome } from "./worker-bench.ts";

onFakeSockets();

/** Whether a promise has settled by now. */
const watch = (promise: Promise<unknown>) => {
  const state = { done: false };
  promise.finally(() => {
    state.done = true;
  });
  return state;
};

test("stop takes no more, lets the running end, reports them, and says goodbye", async () => {
  const { worker, jobs, events } = startWorker({ concurrency: 2 });
  const socket = await welcome();
  socket.sent();
  await deliver(socket, task(1));
  const stopped = watch(worker.stop());
  expect(socket.sent()).toEqual([{ type: "credit", set: 0 }]);
  socket.say({ type: "credit", credit: 0 });
  await settle(5_000);
  expect(socket.sent()).toEqual([]);
  jobs[0]?.finish("done");
  await settle();
  const [ack] = socket.sent();
  expect(ack).toMatchObject({ events: [{ type: "ack", id: "t1" }] });
  expect(ack).not.toHaveProperty("credit");
  expect(jobs[0]?.context.signal.aborted).toBe(false);
  socket.say(answerTo(ack));
  expect(socket.sent()).toEqual([{ type: "goodbye" }]);
  expect(stopped.done).toBe(false);
  socket.drop(1000, "goodbye");
  await settle();
  expect(stopped.done).toBe(true);
  await worker.closed;
  expect(events.at(-1)).toEqual({ type: "stop" });
  await settle(600_000);
  expect(socketCount()).toBe(1);
});

test("stop gives back what was not begun, also what comes late", async () => {
  const { worker, jobs } = startWorker({ concurrency: 1, prefetch: 2 });
  const socket = await welcome();
  await deliver(socket, task(1, { status: "Queued" }), task(2, { status: "Queued" }));
  await settle();
  socket.sent();
  worker.stop();
  await deliver(socket, task(3, { status: "Queued" }));
  socket.say({ type: "credit", credit: 0 });
  await settle();
  const frames = socket.sent();
  expect(frames.flatMap(eventsOf)).toEqual(["release t2", "release t3"]);
  expect(frames.map(({ type }) => type)).toEqual(["events", "credit", "events"]);
  expect(jobs).toHaveLength(1);
});

test("stop waits for what the server sent before it heard of it", async () => {
  const { worker } = startWorker();
  const socket = await welcome();
  socket.sent();
  worker.stop();
  await settle(1_000);
  expect(socket.sent()).toEqual([{ type: "credit", set: 0 }]);
  socket.say({ type: "credit", credit: 0 });
  await settle();
  expect(socket.sent()).toEqual([{ type: "goodbye" }]);
});

test("when the grace is over, signals fire and tasks go back", async () => {
  const { worker, jobs } = startWorker();
  const socket = await welcome();
  await deliver(socket, task(1));
  const stopped = watch(worker.stop({ grace: 3_000 }));
  socket.say({ type: "credit", credit: 0 });
  await settle(2_999);
  expect(jobs[0]?.context.signal.aborted).toBe(false);
  socket.sent();
  await settle(1);
  expect(jobs[0]?.context.signal.aborted).toBe(true);
  const [release] = socket.sent();
  expect(release?.events).toEqual([{ type: "release", id: "t1", lease: "l1" }]);
  jobs[0]?.fail(new Error("because of the signal"));
  socket.say(answerTo(release));
  await settle();
  expect(socket.sent()).toEqual([{ type: "goodbye" }]);
  socket.drop(1000);
  await settle();
  expect(stopped.done).toBe(true);
});

test("stop again shortens the grace, and never lengthens it", async () => {
  const { worker, jobs } = startWorker();
  const socket = await welcome();
  await deliver(socket, task(1));
  worker.stop({ grace: 60_000 });
  worker.stop({ grace: 1_000 });
  worker.stop({ grace: 60_000 });
  socket.say({ type: "credit", credit: 0 });
  await settle(1_000);
  expect(jobs[0]?.context.signal.aborted).toBe(true);
  expect(socket.sent().filter(({ type }) => type === "credit")).toHaveLength(1);
});

test("stop ends though the server answers nothing any more", async () => {
  const { worker, jobs } = startWorker();
  const socket = await welcome();
  await deliver(socket, task(1));
  const stopped = watch(worker.stop({ grace: 1_000 }));
  await settle(8_000);
  expect(jobs[0]?.context.signal.aborted).toBe(true);
  expect(stopped.done).toBe(true);
  expect(socket.left).toBe(true);
});

test("stop ends though the goodbye is not answered", async () => {
  const { worker } = startWorker();
  const socket = await welcome();
  const stopped = watch(worker.stop());
  socket.say({ type: "credit", credit: 0 });
  await settle(2_000);
  expect(stopped.done).toBe(true);
});

test("a worker that was never taken stops at once", async () => {
  const { worker } = startWorker();
  const stopped = watch(worker.stop());
  await settle();
  expect(stopped.done).toBe(true);
  await settle(60_000);
  expect(socketCount()).toBe(0);
});

test("a worker that stops during a break comes back at once to report and to give back", async () => {
  const { worker, jobs } = startWorker({ concurrency: 2 });
  const first = await welcome();
  await deliver(first, task(1));
  jobs[0]?.finish("one");
  await settle();
  first.drop();
  worker.stop();
  await settle();
  expect(socketCount()).toBe(2);
  const second = lastSocket();
  second.accept();
  expect(second.sent()).toMatchObject([{ type: "register", credit: 0, held: ["l1"] }]);
  // A task was on its way when the socket broke: nobody here has seen it.
  const unseen = { id: "t2", lease: "l2", status: "Running" };
  second.say(registered({ resumed: [{ id: "t1", lease: "l1", status: "Running" }, unseen] }));
  await settle();
  const frames = second.sent();
  expect(frames.flatMap(eventsOf)).toEqual(["ack t1", "release t2"]);
  for (const frame of frames) if (frame.type === "events") second.say(answerTo(frame));
  second.say({ type: "credit", credit: 0 });
  await settle();
  expect(second.sent()).toEqual([{ type: "goodbye" }]);
});

test("a worker that has nothing to say does not wait for a server that is gone", async () => {
  const fetch = () => Promise.reject(new TypeError("fetch failed"));
  const { worker } = startWorker({ fetch });
  (await welcome()).drop();
  const stopped = watch(worker.stop());
  await settle();
  lastSocket().drop();
  await settle(1_000);
  lastSocket().drop();
  await settle();
  expect(stopped.done).toBe(true);
});

test("await using stops the worker at the end of its block", async () => {
  const { worker } = startWorker();
  const socket = await welcome();
  socket.sent();
  worker[Symbol.asyncDispose]();
  expect(socket.sent()).toEqual([{ type: "credit", set: 0 }]);
});
