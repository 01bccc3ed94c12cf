import { expect, test } from "vitest";
import { lastSocket, onFakeSockets } from "./fake-socket.ts";
import { answerTo, deliver, eventsOf, registered, settle, startWorker, task, welcome } from "./worker-bench.ts";

onFakeSockets();

const NO_MORE = { type: "credit", set: 0 };

test("a pause takes back what was granted, and going on grants it anew", async () => {
  const { worker } = startWorker({ concurrency: 3 });
  const socket = await welcome();
  socket.sent();
  worker.pause();
  await settle();
  expect(socket.sent()).toEqual([NO_MORE]);
  socket.say({ type: "credit", credit: 0 });
  await settle();
  expect(socket.sent()).toEqual([]);
  worker.resume();
  await settle();
  expect(socket.sent()).toEqual([{ type: "credit", credit: 3 }]);
  worker.pause();
  await settle();
  expect(socket.sent()).toEqual([NO_MORE]);
});

test("going on before the pause was answered grants nothing until then: tasks may still be on their way", async () => {
  const { worker, jobs } = startWorker({ concurrency: 2 });
  const socket = await welcome();
  socket.sent();
  worker.pause();
  await settle();
  worker.resume();
  await settle();
  expect(socket.sent()).toEqual([NO_MORE]);
  await deliver(socket, task(1));
  expect(jobs).toHaveLength(1);
  socket.say({ type: "credit", credit: 0 });
  await settle();
  expect(socket.sent()).toEqual([{ type: "credit", credit: 1 }]);
});

test("what waits for a slot when the worker pauses goes back, and so does what comes late; what runs goes on", async () => {
  const { worker, jobs } = startWorker({ concurrency: 1, prefetch: 2 });
  const socket = await welcome();
  await deliver(socket, task(1, { status: "Queued" }), task(2, { status: "Queued" }));
  socket.sent();
  worker.pause();
  await deliver(socket, task(3, { status: "Queued" }));
  socket.say({ type: "credit", credit: 0 });
  await settle();
  const frames = socket.sent();
  expect(frames.flatMap(eventsOf)).toEqual(["release t2", "release t3"]);
  for (const frame of frames) if (frame.type === "events") socket.say(answerTo(frame));
  jobs[0]?.finish("one");
  await settle();
  const [ack] = socket.sent();
  expect(eventsOf(ack)).toEqual(["ack t1"]);
  expect(ack).not.toHaveProperty("credit");
  expect(jobs).toHaveLength(1);
});

test("a worker that is paused says so once, however many of its tasks end", async () => {
  const { worker, jobs } = startWorker({ concurrency: 3 });
  const socket = await welcome();
  await deliver(socket, task(1), task(2));
  socket.sent();
  worker.pause();
  await settle();
  for (const job of jobs) {
    job.finish();
    await settle();
  }
  expect(socket.sent().filter(({ type }) => type === "credit")).toEqual([NO_MORE]);
});

test("a worker that is paused comes back from a break with no credit, and gives back what it has not seen", async () => {
  const { worker, jobs } = startWorker({ concurrency: 2 });
  const first = await welcome();
  await deliver(first, task(1));
  worker.pause();
  await settle();
  first.drop();
  await settle(100);
  const second = lastSocket();
  second.accept();
  expect(second.sent()).toMatchObject([{ type: "register", credit: 0, held: ["l1"] }]);
  const unseen = { id: "t2", lease: "l2", status: "Running" };
  second.say(registered({ resumed: [{ id: "t1", lease: "l1", status: "Running" }, unseen] }));
  await settle();
  const frames = second.sent();
  expect(frames.flatMap(eventsOf)).toEqual(["release t2"]);
  for (const frame of frames) if (frame.type === "events") second.say(answerTo(frame));
  second.say({ type: "credit", credit: 0 });
  worker.resume();
  await settle();
  expect(second.sent()).toEqual([{ type: "credit", credit: 1 }]);
  expect(jobs[0]?.context.signal.aborted).toBe(false);
});

test("a worker that pauses while it registers takes nothing either", async () => {
  const { worker } = startWorker({ concurrency: 2 });
  await settle();
  const socket = lastSocket();
  socket.accept();
  worker.pause();
  socket.say(registered());
  await settle();
  expect(socket.sent()).toMatchObject([{ type: "register", credit: 2 }, NO_MORE]);
});
