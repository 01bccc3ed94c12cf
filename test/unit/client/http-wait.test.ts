import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { unwrap } from "../../../src/client/index.ts";
import { broken, collect, done, lines, outcomeOf, problem, pushed, queueOf } from "./fake-fetch.ts";

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  vi.useRealTimers();
});

describe("a wait", () => {
  test("yields each id once and asks again with what is pending", async () => {
    const { sent, queue } = queueOf(
      () => lines(done("t2"), done("t2"), { pending: ["t1", "t3"] }),
      () => lines({ id: "t1", status: "Killed", attempt: 5, result: { err: "no" } }, { pending: ["t3"] }),
      () => lines({ id: "t3", error: { code: "task_not_found" } }),
    );
    const outcome = await outcomeOf(collect(queue.waitFor(["t1", "t2", "t1", "t3"])));
    expect(outcome).toEqual({
      value: [
        { id: "t2", attempt: 1, status: "Done", value: "t2" },
        { id: "t1", attempt: 5, status: "Killed", error: "no" },
        { id: "t3", status: "Unknown", error: expect.any(String) },
      ],
    });
    expect(sent.map(({ body }) => body)).toEqual([
      { ids: ["t1", "t2", "t3"], waitMs: 25_000 },
      { ids: ["t1", "t3"], waitMs: 25_000 },
      { ids: ["t3"], waitMs: 25_000 },
    ]);
  });

  test("yields a result while the answer is still open", async () => {
    const { readable, writable } = new TransformStream<Uint8Array>();
    const writer = writable.getWriter();
    const { queue } = queueOf(() => new Response(readable));
    const results = queue.waitFor(["t1", "t2"]);
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
    const { sent, queue } = queueOf(breaking, ...Array.from({ length: 30 }, () => broken), () => lines(done("t2")));
    const outcome = await outcomeOf(collect(queue.waitFor(["t1", "t2"])));
    expect(outcome).toMatchObject({ value: [{ id: "t1" }, { id: "t2" }] });
    expect(sent).toHaveLength(32);
    expect(sent.at(-1)?.body).toMatchObject({ ids: ["t2"] });
  });

  test("asks for many ids in turns, none of them for ever last", async () => {
    const ids = Array.from({ length: 6_000 }, (_, n) => `t${n}`);
    let open = 0;
    let most = 0;
    const { sent, queue } = queueOf(async ({ body }) => {
      most = Math.max(most, ++open);
      const { ids: asked, waitMs } = body as { ids: string[]; waitMs: number };
      expect(asked.length).toBeLessThanOrEqual(1_000);
      // Only what was pushed last is done: a wait that stays with the first thousands would never see it.
      const finished = asked.filter((id) => Number(id.slice(1)) >= 5_500 || open === 0);
      await new Promise((resolve) => setTimeout(resolve, waitMs));
      open--;
      return lines(...finished.map((id) => done(id)), { pending: asked.filter((id) => !finished.includes(id)) });
    });
    const results = queue.waitFor(ids);
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
    const { queue } = queueOf(broken);
    const outcome = outcomeOf(collect(queue.waitFor(["t1"], { signal: controller.signal })));
    controller.abort(new Error("enough"));
    expect(await outcome).toEqual({ error: new Error("enough") });
  });

  test("does not ask all the time when the server does not hold it", async () => {
    const { sent, queue } = queueOf(() => lines({ pending: ["t1"] }));
    const controller = new AbortController();
    const outcome = outcomeOf(collect(queue.waitFor(["t1"], { signal: controller.signal })));
    await vi.advanceTimersByTimeAsync(1_000);
    controller.abort();
    await outcome;
    expect(sent.length).toBeLessThan(30);
  });

  test("of nothing is over at once", async () => {
    const { sent, queue } = queueOf(broken);
    expect(await collect(queue.waitFor([]))).toEqual([]);
    expect(sent).toEqual([]);
  });

  test("throws what the server refuses", async () => {
    const { queue } = queueOf(() => problem(403, { code: "forbidden" }));
    expect(await outcomeOf(collect(queue.waitFor(["t1"])))).toMatchObject({ error: { code: "forbidden" } });
  });
});

describe("progress", () => {
  const answers = () => lines({ id: "t1", progress: { percent: 50 } }, done("t1"));

  test("is told while the wait lasts, and is no result", async () => {
    const { sent, queue } = queueOf(answers);
    const heard: unknown[] = [];
    const onProgress = (id: string, progress: unknown) => heard.push([id, progress]);
    expect(await collect(queue.waitFor(["t1"], { onProgress }))).toMatchObject([{ id: "t1", status: "Done" }]);
    expect(heard).toEqual([["t1", { percent: 50 }]]);
    expect(sent[0]?.body).toMatchObject({ progress: true });
  });

  test("that its listener cannot bear ends the wait with what was thrown", async () => {
    const { queue } = queueOf(answers);
    const onProgress = () => {
      throw new Error("no more");
    };
    expect(await outcomeOf(collect(queue.waitFor(["t1"], { onProgress })))).toEqual({ error: new Error("no more") });
  });
});

describe("the result of one task", () => {
  test("is its value when it is Done, null included", async () => {
    const { queue } = queueOf(
      () => pushed(),
      () => lines(done("t1", null)),
    );
    expect(unwrap(await queue.waitForSingle(await queue.push({ n: 1 })))).toBe(null);
  });

  test("is thrown with the task's last error when it is Killed", async () => {
    const { queue } = queueOf(() => lines({ id: "t1", status: "Killed", attempt: 3, result: { err: "no such file" } }));
    expect(await outcomeOf(queue.waitForSingle("t1").then(unwrap))).toMatchObject({
      error: { name: "TaskFailedError", message: "no such file", id: "t1", attempt: 3 },
    });
  });

  test("is task_not_found when there is none", async () => {
    const { queue } = queueOf(() => lines({ id: "t1", error: { code: "task_not_found" } }));
    expect(await outcomeOf(queue.waitForSingle("t1"))).toMatchObject({
      error: { code: "task_not_found", status: 404 },
    });
  });
});
