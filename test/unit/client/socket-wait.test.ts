import { describe, expect, test, vi } from "vitest";
import { collect, done, endOf, lines, serverOf } from "./fake-fetch.ts";
import { type FakeSocket, type Frame, lastSocket, onFakeSockets, socketCount } from "./fake-socket.ts";
import { open, queueOf, settle } from "./worker-bench.ts";

onFakeSockets();

const results = (frame: Frame | undefined, ...list: object[]): Frame => ({
  type: "result",
  ref: frame?.ref,
  results: list,
});

const refusal = (frame: Frame | undefined, code: string): Frame => ({
  type: "error",
  ref: frame?.ref,
  code,
  detail: `it is ${code}`,
});

const waits = (socket: FakeSocket) => socket.sent().filter(({ type }) => type !== "ping");
const noFetch = () => Promise.reject(new TypeError("fetch failed"));

describe("a wait over a socket", () => {
  test("is a frame, and yields each id once, as it comes", async () => {
    const outcome = endOf(collect(queueOf().waitFor(["t1", "t2", "t1", "t3"])));
    const server = await open();
    const [frame, ...rest] = server.sent();
    expect([frame, ...rest]).toEqual([{ type: "wait", ref: expect.any(String), ids: ["t1", "t2", "t3"] }]);
    server.say(results(frame, done("t2")));
    server.say(results(frame, done("t2"), { id: "t3", error: { code: "task_not_found" } }));
    server.say(results(frame, { id: "t1", status: "Killed", attempt: 5, result: { err: "no" } }));
    expect(await outcome).toEqual({
      value: [
        { id: "t2", attempt: 1, status: "Done", value: "t2" },
        { id: "t3", status: "Unknown", error: expect.any(String) },
        { id: "t1", attempt: 5, status: "Killed", error: "no" },
      ],
    });
    // All came: there is nothing to take back.
    expect(waits(server)).toEqual([]);
  });

  test("is told of progress when somebody listens", async () => {
    const heard: unknown[] = [];
    const onProgress = (id: string, progress: unknown) => heard.push([id, progress]);
    const outcome = endOf(collect(queueOf().waitFor(["t1"], { onProgress })));
    const server = await open();
    const [frame] = server.sent();
    expect(frame).toMatchObject({ progress: true });
    server.say({ type: "progress", ref: frame?.ref, id: "t1", progress: 50 });
    server.say(results(frame, done("t1")));
    await outcome;
    expect(heard).toEqual([["t1", 50]]);
  });

  test("whose listener throws ends with that, and harms no other", async () => {
    const queue = queueOf();
    const onProgress = () => {
      throw new Error("no more");
    };
    const one = endOf(collect(queue.waitFor(["t1"], { onProgress })));
    const other = collect(queue.waitFor(["t1"]));
    other.catch(() => undefined);
    const server = await open();
    const [first, second] = server.sent();
    server.say({ type: "progress", ref: first?.ref, id: "t1", progress: 50 });
    server.say(results(second, done("t1")));
    expect(await other).toHaveLength(1);
    expect(await one).toEqual({ error: new Error("no more") });
  });

  test("that its consumer leaves is taken back", async () => {
    const waiting = queueOf().waitFor(["t1", "t2"]);
    const first = waiting.next();
    const server = await open();
    const [frame] = server.sent();
    server.say(results(frame, done("t1")));
    await first;
    await waiting.return?.();
    expect(waits(server)).toEqual([{ type: "unwait", ref: frame?.ref }]);
    await settle(5_000);
    expect(server.left).toBe(true);
    expect(vi.getTimerCount()).toBe(0);
  });

  test("ends with the reason of its signal", async () => {
    const controller = new AbortController();
    const outcome = endOf(collect(queueOf().waitFor(["t1"], { signal: controller.signal })));
    const server = await open();
    const [frame] = server.sent();
    controller.abort(new Error("enough"));
    expect(await outcome).toEqual({ error: new Error("enough") });
    expect(waits(server)).toEqual([{ type: "unwait", ref: frame?.ref }]);
  });

  test("whose signal has fired before asks nothing", async () => {
    const signal = AbortSignal.abort(new Error("enough"));
    expect(await endOf(collect(queueOf().waitFor(["t1"], { signal })))).toEqual({ error: new Error("enough") });
    expect(socketCount()).toBe(0);
  });
});

describe("when the socket breaks", () => {
  test("a wait goes on, with what is pending, on as many as it takes", async () => {
    const outcome = endOf(collect(queueOf({ fetch: noFetch }).waitFor(["t1", "t2"])));
    const first = await open();
    first.say(results(first.sent()[0], done("t1")));
    for (let round = 0; round < 30; round++) {
      lastSocket().drop();
      await settle(5_000);
    }
    const last = await open();
    const [frame] = last.sent();
    expect(frame).toMatchObject({ type: "wait", ids: ["t2"] });
    last.say(results(frame, done("t2")));
    expect(await outcome).toMatchObject({ value: [{ id: "t1" }, { id: "t2" }] });
  });

  test("nothing is asked for by a wait whose consumer only has not read all yet", async () => {
    const waiting = queueOf().waitFor(["t1", "t2"]);
    const first = waiting.next();
    const server = await open();
    server.say(results(server.sent()[0], done("t1"), done("t2")));
    await first;
    server.drop();
    await settle(60_000);
    expect(socketCount()).toBe(1);
    expect(await collect(waiting)).toMatchObject([{ id: "t2" }]);
  });

  test("nor by one of several that share the socket", async () => {
    const queue = queueOf();
    const read = queue.waitFor(["t1", "t2"]);
    const first = read.next();
    const other = endOf(collect(queue.waitFor(["t3"])));
    const server = await open();
    server.say(results(server.sent()[0], done("t1"), done("t2")));
    await first;
    server.drop();
    const next = await open(200);
    const frames = next.sent();
    expect(frames).toMatchObject([{ ids: ["t3"] }]);
    next.say(results(frames[0], done("t3")));
    expect(await other).toMatchObject({ value: [{ id: "t3" }] });
    await read.return?.();
  });

  test("silently, it is told by the lack of an answer to a ping", async () => {
    const outcome = endOf(collect(queueOf({ fetch: noFetch }).waitFor(["t1"])));
    const first = await open();
    first.sent();
    await settle(25_000);
    expect(first.sent()).toEqual([{ type: "ping" }]);
    await settle(10_000);
    expect(first.left).toBe(true);
    const second = await open(200);
    second.say(results(second.sent()[0], done("t1")));
    expect(await outcome).toMatchObject({ value: [{ id: "t1" }] });
  });
});

describe("a wait that is refused", () => {
  test("for now is tried again", async () => {
    const outcome = endOf(collect(queueOf().waitFor(["t1"])));
    const server = await open();
    const [frame] = server.sent();
    server.say(refusal(frame, "overloaded"));
    await settle(200);
    expect(server.sent()).toEqual([frame]);
    server.say(results(frame, done("t1")));
    expect(await outcome).toMatchObject({ value: [{ id: "t1" }] });
  });

  test("for good throws that", async () => {
    const outcome = endOf(collect(queueOf().waitFor(["t1"])));
    const server = await open();
    server.say(refusal(server.sent()[0], "forbidden"));
    expect(await outcome).toMatchObject({ error: { code: "forbidden" } });
  });

  test.each(["too_many_requests", "wrong_partition"])("with %s goes on by requests", async (code) => {
    const { sent, fetch } = serverOf(() => lines(done("t2")));
    const outcome = endOf(collect(queueOf({ fetch }).waitFor(["t1", "t2"])));
    const server = await open();
    const [frame] = server.sent();
    server.say(results(frame, done("t1")));
    server.say(refusal(frame, code));
    expect(await outcome).toMatchObject({ value: [{ id: "t1" }, { id: "t2" }] });
    expect(sent).toMatchObject([{ body: { ids: ["t2"] } }]);
  });
});

test("a socket waits for so many; what is more is asked for by requests", async () => {
  const ids = (prefix: string, count: number) => Array.from({ length: count }, (_, n) => `${prefix}${n}`);
  const { sent, fetch } = serverOf(({ body }) => lines(...(body as { ids: string[] }).ids.map((id) => done(id))));
  const queue = queueOf({ fetch });
  const large = endOf(collect(queue.waitFor(ids("a", 1_001))));
  const first = endOf(collect(queue.waitFor(ids("b", 1_000))));
  const second = endOf(collect(queue.waitFor(ids("c", 501))));
  const third = endOf(collect(queue.waitFor(ids("d", 500))));
  // Asked for at once, and over before any socket has been opened.
  expect(await Promise.all([large, second])).toMatchObject([{ value: { length: 1_001 } }, { value: { length: 501 } }]);
  expect(sent.every(({ body }) => /^[ac]/.test((body as { ids: string[] }).ids[0] ?? ""))).toBe(true);
  const server = await open(null);
  const frames = server.sent();
  expect(frames).toMatchObject([{ ids: { length: 1_000 } }, { ids: { length: 500 } }]);
  for (const frame of frames) server.say(results(frame, ...(frame.ids as string[]).map((id) => done(id))));
  expect(await Promise.all([first, third])).toMatchObject([{ value: { length: 1_000 } }, { value: { length: 500 } }]);
});
