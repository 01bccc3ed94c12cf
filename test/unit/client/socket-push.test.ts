import { describe, expect, test, vi } from "vitest";
import { DurableBackend, socket } from "../../../src/client/index.ts";
import { endOf, problem, pushed, serverOf } from "./fake-fetch.ts";
import { type FakeSocket, type Frame, lastSocket, onFakeSockets, socketCount } from "./fake-socket.ts";
import { open, queueOf, settle } from "./worker-bench.ts";

onFakeSockets();

const noFetch = () => Promise.reject(new TypeError("fetch failed"));

const listOf = (frame: Frame | undefined) => (frame?.tasks ?? []) as { args: unknown }[];

/** The answer to a push frame: `created` says so of each task. */
const answerTo = (frame: Frame | undefined, created = true): Frame => ({
  type: "answer",
  ref: frame?.ref,
  tasks: listOf(frame).map((_, at) => ({ id: `t${at + 1}`, status: "Pending", created })),
});

const refusalOf = (frame: Frame | undefined, code: string, more: object = {}): Frame => ({
  type: "error",
  ref: frame?.ref,
  code,
  detail: `it is ${code}`,
  ...more,
});

const argsOf = (frame: Frame | undefined) => listOf(frame).map(({ args }) => args);

/** The only frame that came since the last look. */
function onlyFrame(socket: FakeSocket): Frame | undefined {
  const frames = socket.sent();
  expect(frames).toHaveLength(1);
  return frames[0];
}

describe("a push over a socket", () => {
  test("opens one when it is needed, and goes as a frame", async () => {
    const queue = queueOf({ token: "secret" });
    await settle();
    expect(socketCount()).toBe(0);
    const outcome = endOf(queue.pushTask({ args: { n: 1 }, priority: 2 }));
    const server = await open();
    expect(server.url).toBe("ws://queue.test/v1/queues/a%2Fb/socket");
    expect(server.protocols).toEqual(["prinia.v1", "bearer.secret"]);
    const frame = onlyFrame(server);
    expect(frame).toEqual({ type: "push", ref: expect.any(String), tasks: [{ args: { n: 1 }, priority: 2 }] });
    server.say(answerTo(frame));
    expect(await outcome).toEqual({ value: { id: "t1", status: "Pending", created: true } });
  });

  test("that comes with others is one frame with them, and so are those that come before the answer", async () => {
    const queue = queueOf();
    const first = Promise.all([1, 2, 3].map((n) => queue.push(n)));
    const server = await open();
    const later = Promise.all([4, 5].map((n) => queue.push(n)));
    await settle();
    const frame = onlyFrame(server);
    expect(argsOf(frame)).toEqual([1, 2, 3]);
    server.say(answerTo(frame));
    expect(await first).toMatchObject([{ id: "t1" }, { id: "t2" }, { id: "t3" }]);
    await settle();
    const next = onlyFrame(server);
    expect(argsOf(next)).toEqual([4, 5]);
    server.say(answerTo(next));
    expect(await later).toHaveLength(2);
  });

  test("does not wait for the answer to another when they are not gathered", async () => {
    const queue = new DurableBackend("q", socket({ url: "http://queue.test" }), { coalesce: false });
    const outcome = endOf(Promise.all([queue.push(1), queue.push(2)]));
    const server = await open();
    const frames = server.sent();
    expect(frames.map(argsOf)).toEqual([[1], [2]]);
    // Answers are told apart by their refs, not by their order.
    server.say({ ...answerTo(frames[1]), tasks: [{ id: "second", status: "Pending", created: true }] });
    server.say({ ...answerTo(frames[0]), tasks: [{ id: "first", status: "Pending", created: true }] });
    expect(await outcome).toMatchObject({ value: [{ id: "first" }, { id: "second" }] });
  });

  test("that is refused fails with the path that it has alone", async () => {
    const queue = new DurableBackend("q", socket({ url: "http://queue.test" }), { coalesce: false });
    const outcome = endOf(queue.pushTask({ args: 1, priority: 0.5 }));
    const server = await open();
    const wrong = { path: "tasks.0.priority", detail: "`tasks.0.priority` must be an integer." };
    server.say(refusalOf(server.sent()[0], "bad_request", wrong));
    expect(await outcome).toMatchObject({
      error: { code: "bad_request", path: "priority", detail: "`priority` must be an integer." },
    });
  });

  test("that is given up by its caller is not heard of again", async () => {
    const queue = queueOf();
    const controller = new AbortController();
    const outcome = endOf(queue.push(1, { signal: controller.signal }));
    const server = await open();
    controller.abort(new Error("never mind"));
    expect(await outcome).toEqual({ error: new Error("never mind") });
    server.say(answerTo(server.sent()[0]));
  });

  test("of very much goes as a request, so that it holds up nothing on the socket", async () => {
    const { sent, fetch } = serverOf(() => pushed());
    const queue = queueOf({ fetch });
    await queue.push("x".repeat(3_000_000));
    expect(sent).toMatchObject([{ method: "POST", url: "http://queue.test/v1/queues/a%2Fb/tasks" }]);
    expect(socketCount()).toBe(0);
  });
});

describe("when the socket breaks", () => {
  test("a push without a key that was sent may have happened, and its caller is told", async () => {
    const queue = queueOf();
    const outcome = endOf(queue.push(1));
    const server = await open();
    server.sent();
    server.drop();
    expect(await outcome).toMatchObject({
      error: { code: "unreachable", detail: expect.stringMatching(/unknown.*retry: true/) },
    });
    // Nobody needs another socket.
    expect(socketCount()).toBe(1);
  });

  test("a push that was not sent yet goes on the next one", async () => {
    const queue = queueOf({ fetch: noFetch });
    const outcome = queue.push(1);
    await settle();
    lastSocket().drop();
    const server = await open(200);
    const frame = onlyFrame(server);
    server.say(answerTo(frame));
    expect(await outcome).toMatchObject({ id: "t1" });
  });

  test("a push with a key is sent again with the same key, and a task that an earlier try made is its own", async () => {
    const queue = queueOf();
    const outcome = queue.push(1, { retry: true });
    const first = await open();
    const before = onlyFrame(first);
    first.drop();
    const second = await open(200);
    const again = onlyFrame(second);
    expect(again).toEqual(before);
    second.say(answerTo(again, false));
    expect(await outcome).toMatchObject({ id: "t1", created: true });
  });

  test("for good, pushes fail in the end, and say whether they may have happened", async () => {
    const unsent = endOf(queueOf({ fetch: noFetch }).push(1));
    for (let round = 0; round < 8; round++) {
      await settle(5_000);
      lastSocket().drop();
    }
    await settle();
    const outcome = await unsent;
    expect(outcome).toMatchObject({ error: { code: "unreachable" } });
    expect((outcome as { error: Error }).error.message).not.toMatch(/unknown/);
    const keyed = endOf(queueOf({ fetch: noFetch }).push(1, { retry: true }));
    await open();
    for (let round = 0; round < 8; round++) {
      lastSocket().drop();
      await settle(5_000);
    }
    expect(await keyed).toMatchObject({ error: { code: "unreachable", detail: expect.stringMatching(/unknown/) } });
  });
});

describe("a push that is not answered", () => {
  test("for long is given up when it has no key, and sent again when it has one", async () => {
    const queue = new DurableBackend("q", socket({ url: "http://queue.test" }), { coalesce: false });
    const lost = endOf(queue.push(1));
    const kept = queue.push(2, { retry: true });
    const server = await open();
    const [, frame] = server.sent();
    // The server is there, but does not answer.
    for (let round = 0; round < 4; round++) {
      await settle(9_000);
      server.say("pong");
    }
    expect(server.sent().filter(({ type }) => type === "push")).toEqual([frame]);
    server.say(answerTo(frame));
    expect(await kept).toMatchObject({ id: "t1" });
    expect(await lost).toMatchObject({ error: { detail: expect.stringMatching(/30000 ms.*unknown/) } });
  });

  test("because the server is busy is sent again when it has a key", async () => {
    const queue = queueOf();
    const kept = queue.push(2, { retry: true });
    const server = await open();
    const frame = onlyFrame(server);
    server.say(refusalOf(frame, "overloaded"));
    await settle(200);
    server.say(answerTo(onlyFrame(server)));
    expect(await kept).toMatchObject({ id: "t1" });
  });

  test("because the server is busy fails when it has none", async () => {
    const outcome = endOf(queueOf().push(2));
    const server = await open();
    server.say(refusalOf(onlyFrame(server), "overloaded"));
    expect(await outcome).toMatchObject({ error: { code: "overloaded" } });
  });
});

describe("the token", () => {
  test("that has ended is renewed, and what was refused for it is sent again", async () => {
    let issued = 0;
    const queue = queueOf({ token: () => `t${++issued}` });
    const warm = queue.push(0);
    const first = await open();
    first.say(answerTo(onlyFrame(first)));
    await warm;
    const outcome = queue.push(1);
    await settle();
    first.say(refusalOf(onlyFrame(first), "unauthorized"));
    first.drop(1008, "the token has ended");
    const second = await open(200);
    expect(second.protocols).toContain("bearer.t2");
    second.say(answerTo(onlyFrame(second)));
    expect(await outcome).toMatchObject({ id: "t1" });
  });

  test("that cannot be renewed fails the push", async () => {
    const outcome = endOf(queueOf({ token: "old" }).push(1));
    const server = await open();
    server.say(refusalOf(onlyFrame(server), "unauthorized"));
    server.drop(1008, "the token has ended");
    expect(await outcome).toMatchObject({ error: { code: "unauthorized" } });
  });

  test("that is refused fails the push, and the next one tries anew", async () => {
    let status = 401;
    const fetch = () => Promise.resolve(problem(status, { code: "unauthorized" }));
    const queue = queueOf({ fetch, token: "t" });
    const outcome = endOf(queue.push(1));
    await settle();
    lastSocket().drop();
    expect(await outcome).toMatchObject({ error: { code: "unauthorized" } });
    expect(socketCount()).toBe(1);
    status = 200;
    const next = queue.push(2);
    const server = await open();
    server.say(answerTo(onlyFrame(server)));
    expect(await next).toMatchObject({ id: "t1" });
  });
});

describe("a socket that nobody needs", () => {
  test("is kept for a while for the next push, then closed: a process can end", async () => {
    const queue = queueOf();
    const first = queue.push(1);
    const server = await open();
    server.say(answerTo(onlyFrame(server)));
    await first;
    await settle(4_000);
    const second = queue.push(2);
    await settle();
    await settle(20_000);
    expect(server.left).toBe(false);
    server.say(answerTo(onlyFrame(server)));
    await second;
    await settle(4_999);
    expect(server.left).toBe(false);
    await settle(1);
    expect(server.left).toBe(true);
    expect(vi.getTimerCount()).toBe(0);
  });

  test("is closed at once when nothing more is to come, and the next push opens another, which is kept", async () => {
    const queue = queueOf();
    const first = queue.push(1);
    const server = await open();
    server.say(answerTo(onlyFrame(server)));
    await first;
    queue.close();
    await settle();
    expect(server.left).toBe(true);
    expect(vi.getTimerCount()).toBe(0);
    const second = queue.push(2);
    const next = await open();
    expect(next).not.toBe(server);
    next.say(answerTo(onlyFrame(next)));
    await second;
    await settle(4_999);
    expect(next.left).toBe(false);
  });

  test("stays open for what is under way when nothing more is to come", async () => {
    const queue = queueOf();
    const push = queue.push(1);
    const server = await open();
    await queue[Symbol.asyncDispose]();
    await settle(20_000);
    expect(server.left).toBe(false);
    server.say(answerTo(onlyFrame(server)));
    await push;
    await settle();
    expect(server.left).toBe(true);
    expect(vi.getTimerCount()).toBe(0);
  });

  test("is not opened again when it breaks", async () => {
    const queue = queueOf();
    const first = queue.push(1);
    const server = await open();
    server.say(answerTo(onlyFrame(server)));
    await first;
    server.drop();
    await settle(60_000);
    expect(socketCount()).toBe(1);
    expect(vi.getTimerCount()).toBe(0);
  });
});
