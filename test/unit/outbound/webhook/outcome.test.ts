// What each answer of a webhook means for its tasks.
import { describe, expect, test } from "vitest";
import { type Answer, receiptOf, restOf } from "../../../../src/outbound/webhook/outcome.ts";
import { leased } from "./samples.ts";

const NOW = Date.parse("2026-01-01T00:00:00Z");
const answer = (status: number, more: Partial<Answer> = {}): Answer => ({
  status,
  retryAfter: null,
  isJson: true,
  text: "",
  ...more,
});
const one = (given: Answer, task = leased("a")) => receiptOf([task], false, given, NOW);
const acked = (id: string, result: object, logs?: readonly string[]) => ({
  type: "ack",
  id,
  lease: `lease-${id}`,
  result,
  ...(logs ? { logs } : {}),
});

describe("a task by itself", () => {
  test.each([200, 201, 202, 204, 299])("%i is done, with the JSON of the body as its result", (status) => {
    expect(one(answer(status, { text: '{ "n": 12345678901234567890 }' }))).toEqual({
      events: [acked("a", { ok: '{"n":12345678901234567890}' })],
    });
  });

  test("a body that is not said to be JSON, and no body, are no result", () => {
    const done = { events: [acked("a", { ok: "null" })] };
    expect(one(answer(200, { isJson: false, text: "thanks" }))).toEqual(done);
    expect(one(answer(204))).toEqual(done);
  });

  test.each([
    ["too long to be read", { text: null }, "longer than 262144 bytes"],
    ["too long by its bytes", { text: JSON.stringify("ü".repeat(140_000)) }, "longer than 262144 bytes"],
    ["no JSON, though it says so", { text: "{" }, "and is not, or nests too deep"],
    ["too deep", { text: "[".repeat(501) + "]".repeat(501) }, "nests too deep"],
  ])("a body that is %s is left out, the task is done and its log says so", (_, more, why) => {
    expect(one(answer(200, more)).events).toEqual([acked("a", { ok: "null" }, [expect.stringContaining(why)])]);
  });

  test("the result of a task with a codec is a base64 string or null, and else left out", () => {
    const task = leased("a", { codec: "msgpack" });
    expect(one(answer(200, { text: '"gaFhAQ=="' }), task).events).toEqual([acked("a", { ok: '"gaFhAQ=="' })]);
    expect(one(answer(200, { text: '{"a":1}' }), task).events).toEqual([
      acked("a", { ok: "null" }, [expect.stringContaining("base64 string or null, got object")]),
    ]);
  });

  test.each([429, 503])("%i with Retry-After snoozes without burning an attempt, and rests the queue", (status) => {
    expect(one(answer(status, { retryAfter: "7" }))).toEqual({
      restMs: 7_000,
      events: [{ type: "snooze", id: "a", lease: "lease-a", delayMs: 7_000 }],
    });
  });

  test.each([429, 503])(
    "%i without a Retry-After that can be read is a failure: nothing snoozes for ever",
    (status) => {
      expect(one(answer(status, { retryAfter: "soon" }))).toEqual({
        events: [acked("a", { err: `The webhook answered ${status}.` })],
      });
    },
  );

  test("410 kills", () => {
    expect(one(answer(410)).events).toEqual([acked("a", { err: expect.stringContaining("410"), abort: true })]);
  });

  test.each([301, 302, 303, 307, 308])("%i is a failure in words", (status) => {
    expect(one(answer(status)).events).toEqual([
      acked("a", {
        err: `The webhook answered ${status}, a redirect, which is not followed: give the queue the address that it leads to.`,
      }),
    ]);
  });

  test.each([400, 401, 404, 422, 500, 502, 504])(
    "%i is a failure, tried again with the queue's backoff, which shows what was said",
    (status) => {
      expect(one(answer(status, { retryAfter: "7", text: " no such user \n" }))).toEqual({
        events: [acked("a", { err: `The webhook answered ${status}: no such user` })],
      });
    },
  );
});

describe("Retry-After", () => {
  test.each([
    ["120", 120_000],
    [" 3 ", 3_000],
    ["0", 1_000],
    ["1", 1_000],
    ["3600", 3_600_000],
    ["3601", 3_600_000],
    ["99999999999999999999", 3_600_000],
    ["Thu, 01 Jan 2026 00:00:30 GMT", 30_000],
    ["Thu, 01 Jan 2015 00:00:30 GMT", 1_000],
    ["Fri, 01 Jan 2038 00:00:30 GMT", 3_600_000],
    ["1.5", null],
    ["-1", null],
    ["2026", 2_026_000],
    ["2026-01-01", null],
    ["Monday", null],
    ["", null],
  ])("%j is %s ms", (text, ms) => {
    expect(restOf(text, NOW)).toBe(ms);
  });

  test("none is none", () => {
    expect(restOf(null, NOW)).toBeNull();
  });
});

describe("a batch", () => {
  const tasks = [leased("a"), leased("b"), leased("c"), leased("d")];
  const batch = (given: Answer) => receiptOf(tasks, true, given, NOW);
  const results = (list: unknown) => answer(200, { text: JSON.stringify({ results: list }) });

  test("without results all are done", () => {
    const done = tasks.map(({ id }) => acked(id, { ok: "null" }));
    for (const text of ["", "{}", "[]", "3"]) expect(batch(answer(200, { text })).events).toEqual(done);
    expect(batch(answer(200, { isJson: false, text: "thanks" })).events).toEqual(done);
  });

  test("with results each task has its own, and one without has failed", () => {
    const given = [
      { id: "c", snoozeMs: 500 },
      { id: "b", err: "no", retryAfterMs: 9, abort: true },
      { id: "a", ok: [1] },
      { id: "unknown", ok: 1 },
    ];
    expect(batch(results(given)).events).toEqual([
      acked("a", { ok: "[1]" }),
      acked("b", { err: "no", retryAfterMs: 9, abort: true }),
      { type: "snooze", id: "c", lease: "lease-c", delayMs: 500 },
      acked("d", { err: "The webhook's answer to a batch has no result for this task." }),
    ]);
  });

  test("a result of null is done with null", () => {
    const given = tasks.map(({ id }) => ({ id, ok: null }));
    expect(batch(results(given)).events).toEqual(tasks.map(({ id }) => acked(id, { ok: "null" })));
  });

  test("a result that is too large is left out of its own task alone", () => {
    const given = tasks.map(({ id }) => ({ id, ok: id === "b" ? "x".repeat(262_144) : 1 }));
    expect(batch(results(given)).events).toEqual(
      tasks.map(({ id }) =>
        id === "b" ? acked(id, { ok: "null" }, [expect.stringContaining("longer")]) : acked(id, { ok: "1" }),
      ),
    );
  });

  test.each([
    ["that are no list", { text: '{"results":3}' }, "not well formed"],
    ["that are of no known form", { text: '{"results":[{"id":"a"}]}' }, "not well formed"],
    ["that are longer than is read", { text: null }, "longer than is read"],
    ["that are no JSON", { text: "{" }, "and is not"],
  ])("with results %s all have failed, and not one is taken for done", (_, more, why) => {
    expect(batch(answer(200, more)).events).toEqual(
      tasks.map(({ id }) => acked(id, { err: expect.stringContaining(why) })),
    );
  });

  test("a failure, a kill and a rest are all tasks'", () => {
    expect(batch(answer(500)).events).toHaveLength(4);
    expect(batch(answer(410)).events).toHaveLength(4);
    expect(batch(answer(429, { retryAfter: "1" })).events.map(({ type }) => type)).toEqual(Array(4).fill("snooze"));
  });
});
