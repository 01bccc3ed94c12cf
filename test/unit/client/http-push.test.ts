import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { broken, outcomeOf, problem, pushed, queueOf } from "./fake-fetch.ts";

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  vi.useRealTimers();
});

const keysOf = (sent: readonly { body: unknown }[]) =>
  sent.map(({ body }) => (body as { idempotencyKey?: string }).idempotencyKey);

describe("a push", () => {
  test("sends the task as the protocol has it", async () => {
    const { sent, queue } = queueOf(() => pushed());
    const answer = await queue.pushTask({ args: { n: 1 }, delayMs: 5_000, priority: 2 });
    expect(answer).toEqual({ id: "t1", status: "Pending", created: true });
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
    const { sent, queue } = queueOf(answer);
    expect(await outcomeOf(queue.push({ n: 1 }))).toHaveProperty("error");
    expect(sent).toHaveLength(1);
  });

  test("whose answer is lost says that it may have happened, and what to do", async () => {
    const { queue } = queueOf(broken);
    expect(await outcomeOf(queue.push({ n: 1 }))).toMatchObject({
      error: { code: "unreachable", status: 0, detail: expect.stringMatching(/unknown.*retry: true/) },
    });
  });

  test("that a gateway without a server behind it answered may have happened as well", async () => {
    const { sent, queue } = queueOf(() => new Response("bad gateway", { status: 502 }));
    expect(await outcomeOf(queue.push({ n: 1 }))).toMatchObject({
      error: { status: 502, detail: expect.stringMatching(/unknown/) },
    });
    expect(sent).toHaveLength(1);
  });

  test("with retry is given a key first, and sent again with the same", async () => {
    const { sent, queue } = queueOf(
      broken,
      () => problem(503),
      () => pushed("t1", false),
    );
    // The second try found what the first had made, so it was made by this call.
    expect(await outcomeOf(queue.push({ n: 1 }, { retry: true }))).toMatchObject({
      value: { id: "t1", created: true },
    });
    expect(sent).toHaveLength(3);
    const [first, ...others] = keysOf(sent);
    expect(first).toMatch(/^[0-9a-z]{28}$/);
    expect(others).toEqual([first, first]);
  });

  test("with a key of the caller's is sent again, and says whose the task is", async () => {
    const { sent, queue } = queueOf(broken, () => pushed("t1", false));
    const task = { args: { n: 1 }, idempotencyKey: "k" };
    expect(await outcomeOf(queue.pushTask(task))).toMatchObject({ value: { created: false } });
    expect(sent).toHaveLength(2);
  });

  test("with a key that is free again at the task's end is not sent again: the task may have ended meanwhile", async () => {
    const { sent, queue } = queueOf(broken);
    const task = { args: { n: 1 }, idempotencyKey: "k", idempotencyUntil: "terminal" as const };
    await outcomeOf(queue.pushTask(task, { retry: true }));
    expect(sent).toHaveLength(1);
  });

  test("ends with the reason of the caller's signal", async () => {
    const { queue } = queueOf(() => new Promise(() => undefined));
    const controller = new AbortController();
    const outcome = outcomeOf(queue.push({ n: 1 }, { signal: controller.signal }));
    controller.abort(new Error("never mind"));
    expect(await outcome).toEqual({ error: new Error("never mind") });
  });
});

describe("a push of many", () => {
  test("keeps their order, and mints keys for those that have none", async () => {
    const answer = () =>
      Response.json({ tasks: ["t1", "t2"].map((id) => ({ id, status: "Pending", created: false })) });
    const { sent, queue } = queueOf(answer);
    const pushes = await queue.pushTasks([{ args: { n: 1 }, idempotencyKey: "mine" }, { args: { n: 2 } }], {
      retry: true,
    });
    expect(pushes.map(({ id, created }) => [id, created])).toEqual([
      ["t1", false],
      ["t2", true],
    ]);
    expect(sent[0]?.body).toMatchObject([{ idempotencyKey: "mine" }, { idempotencyKey: expect.any(String) }]);
  });

  test("of which one may not be sent again is not sent again", async () => {
    const { sent, queue } = queueOf(broken);
    await outcomeOf(queue.pushTasks([{ args: { n: 1 }, idempotencyKey: "mine" }, { args: { n: 2 } }]));
    expect(sent).toHaveLength(1);
  });

  test("of none sends nothing", async () => {
    const { sent, queue } = queueOf(broken);
    expect(await queue.pushTasks([])).toEqual([]);
    expect(sent).toEqual([]);
  });
});

describe("pushes that come together", () => {
  test("are one request", async () => {
    const answer = () => Response.json({ tasks: ["t1", "t2"].map((id) => ({ id, status: "Pending", created: true })) });
    const { sent, queue } = queueOf(answer);
    const ids = await Promise.all([queue.push({ n: 1 }), queue.push({ n: 2 })]);
    expect(ids.map(({ id }) => id)).toEqual(["t1", "t2"]);
    expect(sent.map(({ body }) => body)).toEqual([[{ args: { n: 1 } }, { args: { n: 2 } }]]);
  });

  test("do not pay for one of them that is refused", async () => {
    const refusal = { code: "bad_request", path: "1.priority", detail: "`1.priority` must be an integer." };
    const answer = () => Response.json({ tasks: ["t1", "t3"].map((id) => ({ id, status: "Pending", created: true })) });
    const { queue } = queueOf(() => problem(400, refusal), answer);
    const outcome = await outcomeOf(
      Promise.allSettled([1, 2, 3].map((n) => queue.pushTask({ args: { n }, priority: n === 2 ? 0.5 : 0 }))),
    );
    expect(outcome).toMatchObject({
      value: [
        { value: { id: "t1" } },
        { reason: { path: "priority", detail: "`priority` must be an integer." } },
        { value: { id: "t3" } },
      ],
    });
  });
});
