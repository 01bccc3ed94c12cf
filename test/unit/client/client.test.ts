import { afterEach, beforeEach, describe, expect, expectTypeOf, test, vi } from "vitest";
import { createClient, type Fetch, PriniaError, type TaskResult } from "../../../src/client/index.ts";

interface Sent {
  readonly method: string;
  readonly url: string;
  readonly headers: Record<string, string>;
  readonly body: unknown;
}

/** A server that answers each request by the next of these; the last one answers all others. */
function serverOf(...answers: ((sent: Sent) => Response | Promise<Response>)[]) {
  const sent: Sent[] = [];
  const fetch: Fetch = async (url, { method, headers, body, signal }) => {
    signal.throwIfAborted();
    const request = { method, url, headers, body: body === undefined ? undefined : JSON.parse(body) };
    sent.push(request);
    const answer = answers[Math.min(sent.length, answers.length) - 1];
    if (!answer) throw new Error("the test has no answer");
    return answer(request);
  };
  const queue = createClient({ url: "http://queue.test/prefix/", fetch }).queue<{ n: number }, string>("a/b");
  return { sent, queue, fetch };
}

const pushed = (id = "t1", created = true) => Response.json({ id, status: "Pending", created }, { status: 201 });
const problem = (status: number, more: object = {}, headers: Record<string, string> = {}) =>
  Response.json({ code: "overloaded", detail: "busy", ...more }, { status, headers });
const broken = () => Promise.reject(new TypeError("fetch failed"));
const lines = (...entries: object[]) => new Response(entries.map((entry) => `${JSON.stringify(entry)}\n`).join(""));
const done = (id: string, ok: unknown = id) => ({ id, status: "Done", attempt: 1, result: { ok } });

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  vi.useRealTimers();
});

/** What became of a promise, once all pauses are over. */
async function outcomeOf<T>(promise: Promise<T>): Promise<{ value: T } | { error: unknown }> {
  const outcome = promise.then(
    (value) => ({ value }),
    (error: unknown) => ({ error }),
  );
  await vi.advanceTimersByTimeAsync(600_000);
  return outcome;
}

async function collect<T>(results: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const result of results) all.push(result);
  return all;
}

describe("push", () => {
  test("sends the task as the protocol has it", async () => {
    const { sent, queue } = serverOf(() => pushed());
    expect(await queue.push({ n: 1 }, { delayMs: 5_000, priority: 2 })).toEqual({
      id: "t1",
      status: "Pending",
      created: true,
    });
    expect(sent).toEqual([
      {
        method: "POST",
        url: "http://queue.test/prefix/v1/queues/a%2Fb/tasks",
        headers: { "content-type": "application/json" },
        body: { args: { n: 1 }, delayMs: 5_000, priority: 2 },
      },
    ]);
  });

  test.each([
    ["when no answer comes", broken],
    ["when the server is busy", () => problem(503)],
  ])("without a key is never sent twice: %s", async (_, answer) => {
    const { sent, queue } = serverOf(answer);
    expect(await outcomeOf(queue.push({ n: 1 }))).toHaveProperty("error");
    expect(sent).toHaveLength(1);
  });

  test("whose answer is lost says that it may have happened, and what to do", async () => {
    const { queue } = serverOf(broken);
    expect(await outcomeOf(queue.push({ n: 1 }))).toMatchObject({
      error: { code: "unreachable", status: 0, detail: expect.stringMatching(/unknown.*retry: true/) },
    });
  });

  test("with retry is given a key first, and sent again with the same", async () => {
    const { sent, queue } = serverOf(
      broken,
      () => problem(503),
      () => pushed("t1", false),
    );
    // The second try found what the first had made, so it was made by this call.
    expect(await outcomeOf(queue.push({ n: 1 }, { retry: true }))).toMatchObject({
      value: { id: "t1", created: true },
    });
    expect(sent).toHaveLength(3);
    const keys = sent.map(({ body }) => (body as { idempotencyKey: string }).idempotencyKey);
    expect(keys[0]).toMatch(/^[0-9a-z]{28}$/);
    expect(new Set(keys).size).toBe(1);
  });

  test("with a key of the caller's is sent again, and says whose the task is", async () => {
    const { sent, queue } = serverOf(broken, () => pushed("t1", false));
    expect(await outcomeOf(queue.push({ n: 1 }, { idempotencyKey: "k" }))).toMatchObject({ value: { created: false } });
    expect(sent).toHaveLength(2);
  });

  test("with a key that is free again at the task's end is not sent again: the task may have ended meanwhile", async () => {
    const { sent, queue } = serverOf(broken);
    await outcomeOf(queue.push({ n: 1 }, { idempotencyKey: "k", idempotencyUntil: "terminal", retry: true }));
    expect(sent).toHaveLength(1);
  });

  test("of many keeps their order, and mints keys for those that have none", async () => {
    const answer = () =>
      Response.json({ tasks: ["t1", "t2"].map((id) => ({ id, status: "Pending", created: false })) });
    const { sent, queue } = serverOf(answer);
    const pushes = await queue.pushMany([{ args: { n: 1 }, idempotencyKey: "mine" }, { args: { n: 2 } }], {
      retry: true,
    });
    expect(pushes.map(({ id, created }) => [id, created])).toEqual([
      ["t1", false],
      ["t2", true],
    ]);
    expect(sent[0]?.body).toMatchObject([{ idempotencyKey: "mine" }, { idempotencyKey: expect.any(String) }]);
  });

  test("of none sends nothing", async () => {
    const { sent, queue } = serverOf(broken);
    expect(await queue.pushMany([])).toEqual([]);
    expect(sent).toEqual([]);
  });
});

describe("other calls", () => {
  test("are tried again after the time that the server asks for", async () => {
    const { sent, queue } = serverOf(
      () => problem(429, { code: "too_many_requests" }, { "retry-after": "7" }),
      () => Response.json({ cancelled: true }),
    );
    const cancelled = queue.cancel("t1");
    await vi.advanceTimersByTimeAsync(6_999);
    expect(sent).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(200);
    expect(await cancelled).toBe(true);
  });

  test("give up in the end, with the last refusal", async () => {
    const { sent, queue } = serverOf(() => problem(503));
    expect(await outcomeOf(queue.fetch("t1"))).toMatchObject({ error: { code: "overloaded", status: 503 } });
    expect(sent).toHaveLength(8);
  });

  test.each([
    [400, { code: "bad_request", path: "id" }],
    [401, { code: "unauthorized" }],
    [404, { code: "task_not_found" }],
    [409, { code: "wrong_status", taskStatus: "Done" }],
    [503, { code: "not_configured" }],
  ])("are not tried again when refused with %d", async (status, fields) => {
    const { sent, queue } = serverOf(() => problem(status, fields));
    const outcome = await outcomeOf(queue.cancel("t1"));
    expect(outcome).toMatchObject({ error: { status, detail: "busy", ...fields } });
    expect(outcome).toHaveProperty("error", expect.any(PriniaError));
    expect(sent).toHaveLength(1);
  });

  test("understand an answer that is not the server's own", async () => {
    const { queue } = serverOf(() => new Response("<html>", { status: 500, statusText: "Oops" }));
    expect(await outcomeOf(queue.cancel("t1"))).toMatchObject({
      error: { code: "internal", detail: "The server answered 500 Oops" },
    });
  });

  test("take a gateway that has no server behind it for a server that cannot be reached", async () => {
    const { queue, sent } = serverOf(() => new Response("bad gateway", { status: 502 }));
    expect(await outcomeOf(queue.push({ n: 1 }))).toMatchObject({
      error: { status: 502, detail: expect.stringMatching(/unknown/) },
    });
    await outcomeOf(queue.cancel("t1"));
    expect(sent).toHaveLength(1 + 8);
  });

  test("give up a server that never answers, and try again", async () => {
    const never: Fetch = (_, { signal }) =>
      new Promise((_resolve, reject) => {
        signal.addEventListener("abort", () => reject(signal.reason));
      });
    const queue = createClient({ url: "http://queue.test", fetch: never }).queue("q");
    expect(await outcomeOf(queue.cancel("t1"))).toMatchObject({
      error: { code: "unreachable", detail: "No answer came within 30000 ms." },
    });
  });

  test("end with the reason of the caller's signal, also during a pause", async () => {
    const { sent, queue } = serverOf(() => problem(503));
    const controller = new AbortController();
    const outcome = outcomeOf(queue.cancel("t1", { signal: controller.signal }));
    controller.abort(new Error("never mind"));
    expect(await outcome).toEqual({ error: new Error("never mind") });
    expect(sent.length).toBeLessThan(3);
  });

  test("ask for a token each time", async () => {
    let issued = 0;
    const { fetch, sent } = serverOf(() => Response.json({ cancelled: true }));
    const queue = createClient({ url: "http://queue.test", fetch, token: async () => `t${++issued}` }).queue("q");
    await queue.cancel("t1");
    await queue.cancel("t1");
    expect(sent.map(({ headers }) => headers.authorization)).toEqual(["Bearer t1", "Bearer t2"]);
  });
});

describe("wait", () => {
  test("yields each id once and asks again with what is pending", async () => {
    const { sent, queue } = serverOf(
      () => lines(done("t2"), done("t2"), { pending: ["t1", "t3"] }),
      () => lines({ id: "t1", status: "Killed", attempt: 5, result: { err: "no" } }, { pending: ["t3"] }),
      () => lines({ id: "t3", error: { code: "task_not_found" } }),
    );
    const outcome = await outcomeOf(collect(queue.wait(["t1", "t2", "t1", "t3"], { waitMs: 20_000 })));
    expect(outcome).toEqual({
      value: [
        { id: "t2", attempt: 1, status: "Done", value: "t2" },
        { id: "t1", attempt: 5, status: "Killed", error: "no" },
        { id: "t3", status: "Unknown", error: expect.any(String) },
      ],
    });
    expect(sent.map(({ body }) => body)).toEqual([
      { ids: ["t1", "t2", "t3"], waitMs: 20_000 },
      { ids: ["t1", "t3"], waitMs: 20_000 },
      { ids: ["t3"], waitMs: 20_000 },
    ]);
  });

  test("yields a result while the answer is still open", async () => {
    const { readable, writable } = new TransformStream<Uint8Array>();
    const writer = writable.getWriter();
    const { queue } = serverOf(() => new Response(readable));
    const results = queue.wait(["t1", "t2"])[Symbol.asyncIterator]();
    const first = results.next();
    const bytes = new TextEncoder().encode(`${JSON.stringify(done("t1", "ä€😀"))}\n`);
    // Cut in the middle of a character.
    writer.write(bytes.subarray(0, bytes.length - 7));
    writer.write(bytes.subarray(bytes.length - 7));
    await vi.advanceTimersByTimeAsync(0);
    expect(await first).toMatchObject({ value: { id: "t1", value: "ä€😀" } });
    await results.return?.();
  });

  test("goes on after the stream breaks, for as long as it takes", async () => {
    const breaking = () => {
      const { readable, writable } = new TransformStream<Uint8Array>();
      const writer = writable.getWriter();
      writer
        .write(new TextEncoder().encode(`${JSON.stringify(done("t1"))}\n`))
        .then(() => writer.abort(new Error("reset")));
      return new Response(readable);
    };
    const { sent, queue } = serverOf(breaking, ...Array.from({ length: 30 }, () => broken), () => lines(done("t2")));
    const outcome = await outcomeOf(collect(queue.wait(["t1", "t2"])));
    expect(outcome).toMatchObject({ value: [{ id: "t1" }, { id: "t2" }] });
    expect(sent).toHaveLength(32);
    expect(sent.at(-1)?.body).toMatchObject({ ids: ["t2"] });
  });

  test("asks for many ids in turns, none of them for ever last", async () => {
    const ids = Array.from({ length: 6_000 }, (_, n) => `t${n}`);
    let open = 0;
    let most = 0;
    const { sent, queue } = serverOf(async ({ body }) => {
      most = Math.max(most, ++open);
      const { ids: asked, waitMs } = body as { ids: string[]; waitMs: number };
      expect(asked.length).toBeLessThanOrEqual(1_000);
      // Only what was pushed last is done: a wait that stays with the first thousands would never see it.
      const finished = asked.filter((id) => Number(id.slice(1)) >= 5_500 || open === 0);
      await new Promise((resolve) => setTimeout(resolve, waitMs));
      open--;
      return lines(...finished.map((id) => done(id)), { pending: asked.filter((id) => !finished.includes(id)) });
    });
    const results = queue.wait(ids)[Symbol.asyncIterator]();
    const first = results.next();
    await vi.advanceTimersByTimeAsync(10_000);
    expect(await first).toMatchObject({ value: { id: "t5500" } });
    expect(most).toBe(4);
    expect(sent[0]?.body).toMatchObject({ waitMs: 2_000 });
    const closed = results.return?.();
    await vi.advanceTimersByTimeAsync(0);
    await closed;
  });

  test("ends with the reason of the signal", async () => {
    const controller = new AbortController();
    const { queue } = serverOf(broken);
    const outcome = outcomeOf(collect(queue.wait("t1", { signal: controller.signal })));
    controller.abort(new Error("enough"));
    expect(await outcome).toEqual({ error: new Error("enough") });
  });

  test("does not ask all the time when the server does not hold it", async () => {
    const { sent, queue } = serverOf(() => lines({ pending: ["t1"] }));
    const controller = new AbortController();
    const outcome = outcomeOf(collect(queue.wait("t1", { waitMs: 0, signal: controller.signal })));
    await vi.advanceTimersByTimeAsync(1_000);
    controller.abort();
    await outcome;
    expect(sent.length).toBeLessThan(30);
  });

  test("of nothing is over at once", async () => {
    const { sent, queue } = serverOf(broken);
    expect(await collect(queue.wait([]))).toEqual([]);
    expect(sent).toEqual([]);
  });

  test("throws what the server refuses", async () => {
    const { queue } = serverOf(() => problem(403, { code: "forbidden" }));
    expect(await outcomeOf(collect(queue.wait("t1")))).toMatchObject({ error: { code: "forbidden" } });
  });
});

describe("result and run", () => {
  test("give the value of a task that is Done, null included", async () => {
    const { queue } = serverOf(
      () => pushed(),
      () => lines(done("t1", null)),
    );
    expect(await queue.run({ n: 1 })).toBe(null);
  });

  test("throw TaskFailedError with the task's last error when it is Killed", async () => {
    const { queue } = serverOf(() =>
      lines({ id: "t1", status: "Killed", attempt: 3, result: { err: "no such file" } }),
    );
    expect(await outcomeOf(queue.result("t1"))).toMatchObject({
      error: { name: "TaskFailedError", message: "no such file", id: "t1", attempt: 3 },
    });
  });

  test("throw task_not_found for a task that is not there", async () => {
    const { queue } = serverOf(() => lines({ id: "t1", error: { code: "task_not_found" } }));
    expect(await outcomeOf(queue.result("t1"))).toMatchObject({ error: { code: "task_not_found", status: 404 } });
  });
});

test("types follow the queue's args and results", () => {
  const queue = createClient({ url: "http://queue.test" }).queue<{ n: number }, string>("q");
  expectTypeOf(queue.push).parameter(0).toEqualTypeOf<{ n: number }>();
  expectTypeOf(queue.run).returns.resolves.toEqualTypeOf<string>();
  expectTypeOf(queue.wait("t1").next).returns.resolves.toExtend<IteratorResult<TaskResult<string>>>();
  expectTypeOf<Extract<TaskResult<string>, { status: "Done" }>["value"]>().toEqualTypeOf<string>();
  // @ts-expect-error: args of another shape
  queue.push({ n: "1" }).catch(() => undefined);
});
