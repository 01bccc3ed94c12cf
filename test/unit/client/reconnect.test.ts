import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { serverOf } from "./fake-fetch.ts";
import { fakeSockets, lastSocket, socketCount } from "./fake-socket.ts";
import { answerTo, deliver, eventsOf, registered, settle, startWorker, task, welcome } from "./worker-bench.ts";

/** The server's answer to the plain request that finds out why an upgrade was refused. */
let probe: () => Promise<Response>;
const fetch = () => probe();

beforeEach(() => {
  vi.useFakeTimers();
  fakeSockets();
  probe = () => Promise.reject(new TypeError("fetch failed"));
});

afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
});

const problem = (status: number, code: string) =>
  Promise.resolve(Response.json({ code, detail: `it is ${code}` }, { status }));

describe("after a break", () => {
  test("the worker goes on with its session and says what it holds", async () => {
    const { jobs, events } = startWorker({ concurrency: 3 });
    const first = await welcome();
    await deliver(first, task(1), task(2));
    jobs[0]?.finish();
    await settle();
    first.drop();
    const second = await welcome();
    expect(second.sent()[0]).toMatchObject({ type: "register", session: "s1", credit: 2, held: ["l1", "l2"] });
    expect(jobs[1]?.context.signal.aborted).toBe(false);
    expect(events.filter(({ type }) => type === "start")).toMatchObject([{ resumed: false }, { resumed: true }]);
  });

  test("acks that were not answered are sent again, once, before all else", async () => {
    const { jobs } = startWorker({ concurrency: 4 });
    const first = await welcome();
    first.sent();
    await deliver(first, task(1), task(2), task(3));
    jobs[0]?.finish("one");
    await settle();
    const [answered] = first.sent();
    jobs[1]?.finish("two");
    await settle();
    const [unanswered] = first.sent();
    first.say(answerTo(answered));
    first.drop();
    jobs[2]?.finish("three");
    const second = await welcome();
    const [, again, ...rest] = second.sent();
    expect(again?.events).toEqual([
      { type: "ack", id: "t2", lease: "l2", result: { ok: "two" } },
      { type: "ack", id: "t3", lease: "l3", result: { ok: "three" } },
    ]);
    expect(rest).toEqual([]);
    second.say(answerTo(again));
    // The late answer of the first socket is nobody's.
    second.say(answerTo(unanswered));
    second.drop();
    const third = await welcome();
    expect(third.sent()).toEqual([expect.objectContaining({ type: "register", held: [], credit: 4 })]);
  });

  test("of a task that ended only the end is sent again", async () => {
    const { jobs } = startWorker({ concurrency: 2 });
    const first = await welcome();
    await deliver(first, task(1, { status: "Queued" }), task(2, { status: "Queued" }));
    jobs[0]?.context.progress(50);
    jobs[0]?.finish();
    await settle();
    first.drop();
    const second = await welcome();
    expect(second.sent().flatMap(eventsOf)).toEqual(["start t2", "ack t1"]);
  });

  test("a lease that is lost is not acked", async () => {
    const { jobs } = startWorker();
    const first = await welcome();
    await deliver(first, task(1));
    first.drop();
    await settle(200);
    const second = lastSocket();
    second.accept();
    second.say(registered());
    second.say({ type: "lost", leases: [{ id: "t1", lease: "l1", reason: "orphaned" }] });
    expect(jobs[0]?.context.signal.aborted).toBe(true);
    jobs[0]?.finish();
    await settle();
    expect(second.sent().flatMap(eventsOf)).toEqual([]);
  });

  test("credit is told anew, whatever the old socket was told", async () => {
    const { jobs } = startWorker({ concurrency: 2 });
    const first = await welcome();
    await deliver(first, task(1));
    first.drop();
    jobs[0]?.finish();
    const second = await welcome();
    expect(second.sent()).toMatchObject([
      { type: "register", credit: 2, held: ["l1"] },
      { type: "events", events: [{ id: "t1" }] },
    ]);
  });

  test("frames of an old socket are not heard", async () => {
    const { jobs } = startWorker();
    const first = await welcome();
    first.drop();
    await welcome();
    await deliver(first, task(1));
    expect(jobs).toHaveLength(0);
  });

  test("pauses grow, never the same twice, and begin anew once the server has taken the worker", async () => {
    const { events } = startWorker({ fetch });
    for (let round = 0; round < 9; round++) {
      await settle(5_000);
      lastSocket().drop();
    }
    await settle();
    const pauses = () => events.flatMap((event) => (event.type === "break" ? [event.retryMs] : []));
    expect(pauses()).toHaveLength(9);
    for (const [at, pause] of pauses().entries()) {
      const longest = Math.min(100 * 2 ** at, 5_000);
      expect(pause).toBeGreaterThanOrEqual(longest / 2);
      expect(pause).toBeLessThanOrEqual(longest);
    }
    await settle(5_000);
    (await welcome()).drop(1012);
    expect(pauses().at(-1)).toBeLessThanOrEqual(100);
  });
});

describe("a dead socket", () => {
  test("is told by the lack of an answer to a ping, and replaced at once", async () => {
    startWorker();
    const first = await welcome();
    first.sent();
    await settle(20_000);
    expect(first.sent()).toEqual([{ type: "ping" }]);
    first.say("pong");
    await settle(20_000);
    expect(first.sent()).toEqual([{ type: "ping" }]);
    await settle(9_999);
    expect(socketCount()).toBe(1);
    await settle(200);
    expect(first.left).toBe(true);
    expect(socketCount()).toBe(2);
  });

  test("is not one on which other frames come", async () => {
    startWorker();
    const socket = await welcome();
    for (let round = 0; round < 20; round++) {
      await settle(9_000);
      socket.say({ type: "idle" });
    }
    expect(socketCount()).toBe(1);
  });

  test("is not one whose answer waits behind a busy thread", async () => {
    startWorker();
    const socket = await welcome();
    await settle(20_000);
    // The thread stood still: the clock went on, and timers fire before what has come meanwhile is read.
    const now = performance.now();
    vi.spyOn(performance, "now").mockReturnValue(now + 60_000);
    await settle(10_000);
    socket.say("pong");
    await settle(10_000);
    expect(socketCount()).toBe(1);
  });

  test("is one that opens and then says nothing", async () => {
    startWorker();
    await settle();
    lastSocket().accept();
    await settle(9_999);
    expect(socketCount()).toBe(1);
    await settle(200);
    expect(socketCount()).toBe(2);
  });

  test("is pinged as often as a short orphanAfterMs needs", async () => {
    startWorker();
    const socket = await welcome({ orphanAfterMs: 3_000 });
    socket.sent();
    await settle(1_000);
    expect(socket.sent()).toEqual([{ type: "ping" }]);
  });

  test("is pinged within half a minute though orphanAfterMs is a day", async () => {
    startWorker();
    const socket = await welcome({ orphanAfterMs: 86_400_000 });
    socket.sent();
    await settle(30_000);
    expect(socket.sent()).toEqual([{ type: "ping" }]);
  });
});

describe("a worker that is not wanted stops with an error", () => {
  test("when another took its id: it never takes it back", async () => {
    const { worker, jobs, events } = startWorker({ id: "mine", fetch });
    const socket = await welcome();
    await deliver(socket, task(1));
    socket.say({ type: "lost", leases: [] });
    socket.drop(4001, "superseded");
    await settle(600_000);
    await expect(worker.closed).rejects.toMatchObject({
      code: "superseded",
      detail: expect.stringContaining('"mine"'),
    });
    expect(socketCount()).toBe(1);
    expect(jobs[0]?.context.signal.aborted).toBe(true);
    expect(events.at(-1)).toMatchObject({ type: "stop", error: { code: "superseded" } });
  });

  test("but when another took its id it still says by requests what became of what it ran", async () => {
    const { sent, fetch } = serverOf(({ body }) => Response.json(answerTo({ type: "events", ...(body as object) })));
    const { worker, jobs, events } = startWorker({ concurrency: 1, prefetch: 2, fetch });
    const socket = await welcome();
    await deliver(socket, task(1), task(2), task(3));
    jobs[0]?.finish("one");
    await settle();
    // The ack is on its way, and its answer is lost with the socket.
    socket.drop(4001, "superseded");
    await settle();
    await expect(worker.closed).rejects.toMatchObject({ code: "superseded" });
    expect(sent.map(({ url, body }) => [url, body])).toEqual([
      [
        "http://queue.test/v1/queues/a%2Fb/events",
        {
          events: [
            { type: "ack", id: "t1", lease: "l1", result: { ok: "one" } },
            { type: "release", id: "t3", lease: "l3" },
            { type: "release", id: "t2", lease: "l2" },
          ],
        },
      ],
    ]);
    expect(events.some(({ type }) => type === "refused")).toBe(false);
  });

  test("and begins nothing that still waited for a slot", async () => {
    const { jobs } = startWorker({ prefetch: 1 });
    const socket = await welcome();
    await deliver(socket, task(1, { status: "Queued" }), task(2, { status: "Queued" }));
    socket.drop(4001);
    jobs[0]?.finish();
    await settle(10_000);
    expect(jobs).toHaveLength(1);
  });

  test("for the reason of the close, not for what else was refused before", async () => {
    const { worker } = startWorker();
    const socket = await welcome();
    socket.say({ type: "error", ref: "x", code: "bad_request", detail: "something else" });
    socket.drop(4001);
    await expect(worker.closed).rejects.toMatchObject({ code: "superseded" });
  });

  test("when its old session was superseded while it was away", async () => {
    const { worker } = startWorker();
    (await welcome()).drop();
    await settle(200);
    lastSocket().accept();
    lastSocket().say({ type: "error", code: "superseded", detail: "Another worker took the name." });
    await expect(worker.closed).rejects.toMatchObject({ detail: "Another worker took the name." });
  });

  test("when its token has ended", async () => {
    const { worker } = startWorker({ token: "old" });
    const socket = await welcome();
    socket.say({ type: "error", code: "unauthorized", detail: "The token has ended." });
    socket.drop(1008, "the token has ended");
    await expect(worker.closed).rejects.toMatchObject({ code: "unauthorized", detail: "The token has ended." });
    expect(socketCount()).toBe(1);
  });

  test("when the registration is refused", async () => {
    const { worker } = startWorker();
    await settle();
    lastSocket().accept();
    lastSocket().say({ type: "error", code: "forbidden", detail: "needs the scope work" });
    await expect(worker.closed).rejects.toMatchObject({ code: "forbidden" });
  });

  test.each([
    [401, "unauthorized"],
    [403, "forbidden"],
    [404, "not_found"],
  ])("when the upgrade is answered %d", async (status, code) => {
    probe = () => problem(status, code);
    const { worker } = startWorker({ fetch });
    await settle();
    lastSocket().drop();
    await expect(worker.closed).rejects.toMatchObject({ code, detail: `it is ${code}` });
    expect(socketCount()).toBe(1);
  });
});

describe("a worker comes back", () => {
  test("with a new token, when it was given a way to get one", async () => {
    let issued = 0;
    const { worker } = startWorker({ token: () => `token-${++issued}` });
    const first = await welcome();
    first.drop(1008, "the token has ended");
    const second = await welcome();
    expect(first.protocols).toContain("bearer.token-1");
    expect(second.protocols).toContain("bearer.token-2");
    // A new one that is refused at once is another matter.
    second.drop();
    await settle(5_000);
    lastSocket().accept();
    lastSocket().drop(1008);
    await expect(worker.closed).rejects.toMatchObject({ code: "unauthorized" });
  });

  test("when no token could be had for a while", async () => {
    const token = vi
      .fn<() => Promise<string>>()
      .mockRejectedValueOnce(new Error("vault is sealed"))
      .mockResolvedValue("good");
    const { events } = startWorker({ token });
    await settle(200);
    expect(events).toContainEqual(expect.objectContaining({ type: "break", reason: "no token: vault is sealed" }));
    expect(lastSocket().protocols).toContain("bearer.good");
  });

  test.each([
    ["the server is busy", 503, "overloaded"],
    ["the upgrade failed on its way, and the route is there", 400, "bad_request"],
  ])("when %s", async (_, status, code) => {
    probe = () => problem(status, code);
    startWorker({ fetch });
    await settle();
    lastSocket().drop();
    await settle(200);
    expect(socketCount()).toBe(2);
  });

  test("when the registration could not be taken just then", async () => {
    startWorker();
    await settle();
    const first = lastSocket();
    first.accept();
    first.say({ type: "error", code: "overloaded", detail: "busy" });
    await settle(200);
    expect(first.left).toBe(true);
    expect(socketCount()).toBe(2);
  });

  test.each([[1000], [1006], [1009], [1012], [4000]])("after the close code %d", async (code) => {
    startWorker();
    (await welcome()).drop(code);
    await settle(200);
    expect(socketCount()).toBe(2);
  });
});

test("an address that is none is an error at once", async () => {
  vi.unstubAllGlobals();
  const { worker } = startWorker({ url: "not a url" });
  await expect(worker.closed).rejects.toMatchObject({ code: "bad_request" });
});
