import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { CodecError, Codecs, identity, json } from "../../src/backend/codec.ts";
import { type BackendOptions, QueueBackend } from "../../src/backend/queue-backend.ts";
import { MemoryStore } from "../../src/local/memory/store.ts";
import { VirtualClock } from "../../src/local/virtual-clock.ts";
import { LocalWorld } from "../../src/local/world.ts";
import { msgpack } from "../../src/msgpack.ts";
import { cryptoChance } from "../../src/task/chance.ts";
import { Worker } from "../../src/worker/index.ts";

const round = (value: unknown): unknown => msgpack.decode(msgpack.encode(value));

describe("msgpack", () => {
  test.each<[string, unknown]>([
    ["a date", new Date(1_700_000_000_123)],
    ["a date before the epoch", new Date(-1)],
    ["bytes", new Uint8Array([0, 255, 128])],
    ["a bigint", 2n ** 53n + 1n],
    ["the smallest bigint", -(2n ** 63n)],
    ["the largest bigint", 2n ** 64n - 1n],
    ["a number beyond 32 bits", 1_700_000_000_123],
    ["NaN", Number.NaN],
    ["minus infinity", Number.NEGATIVE_INFINITY],
    ["null", null],
    ["text of all planes", "é😀\u0000"],
    ["a set", new Set([1, "two", new Date(3)])],
    [
      "a map of all kinds of keys",
      new Map<unknown, unknown>([
        [1, "one"],
        ["two", new Map([[true, 2n]])],
        [null, []],
      ]),
    ],
  ])("gives back %s", (_, value) => {
    expect(round(value)).toEqual(value);
    expect(round({ deep: [value] })).toEqual({ deep: [value] });
  });

  test("gives back any JSON", () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 4 }), (value) => {
        // The library refuses that one key.
        fc.pre(!JSON.stringify(value).includes("__proto__"));
        expect(round(value)).toEqual(JSON.parse(JSON.stringify(value)));
      }),
    );
  });

  test("is a base64 string on the wire", () => {
    expect(msgpack.encode({ a: 1 })).toBe("gaFhAQ==");
  });

  test("leaves out fields that are undefined", () => {
    expect(round({ a: undefined, b: 1 })).toEqual({ b: 1 });
  });

  test.each<[string, unknown]>([
    ["undefined", undefined],
    ["a bigint that is too large", { n: [2n ** 64n] }],
    ["a bigint that is too small", new Map([[1, -(2n ** 63n) - 1n]])],
    ["a date that is none", new Set([new Date(Number.NaN)])],
    ["a function", { f: () => 1 }],
    ["a symbol", [Symbol("s")]],
  ])("refuses %s", (_, value) => {
    expect(() => new Codecs(msgpack).encode(value)).toThrow(CodecError);
  });

  test("refuses a circle", () => {
    const circle: Record<string, unknown> = {};
    circle.self = circle;
    expect(() => new Codecs(msgpack).encode(circle)).toThrow(CodecError);
  });

  test.each<[string, unknown]>([
    ["what is no text", { a: 1 }],
    ["what is no base64", "*"],
    ["bytes that end too soon", "gaFh"],
    ["bytes with something after them", "AQE="],
  ])("does not read %s", (_, compact) => {
    expect(() => new Codecs(msgpack).decode("msgpack", compact)).toThrow(CodecError);
  });
});

/** Backends of one queue in memory. */
function mixed() {
  const clock = new VirtualClock();
  const world = new LocalWorld(clock, (queue) => new MemoryStore(queue, cryptoChance));
  const on = (options: BackendOptions<unknown>) => new QueueBackend("mixed", world, { clock, ...options });
  return {
    ...{ clock, plain: on({}), binary: on({ codec: msgpack }), raw: on({ codec: identity("msgpack") }) },
    both: on({ codec: json, codecs: [msgpack] }),
  };
}

describe("a queue of several codecs", () => {
  test("hands over each task as it was written, and its result goes back in the same codec", async () => {
    const { clock, binary, plain, both } = mixed();
    const when = new Date(5);
    const [one, other] = [await binary.push({ when }), await plain.push({ plain: true })];
    const worker = new Worker("w", both, (args) => ({ got: args, at: when }), { concurrency: 2, clock });
    await clock.advance(10);
    expect(await both.fetchById(one)).toMatchObject({
      codec: "msgpack",
      lastResult: { ok: { got: { when }, at: when } },
    });
    expect(await both.fetchById(other)).toMatchObject({
      ...{ codec: "json", lastResult: { ok: { got: { plain: true }, at: when.toJSON() } } },
    });
    const stopped = worker.stop();
    await clock.advance(10);
    await stopped;
  });

  test("is listed where one of them is not known: such tasks say so, and stand as on the wire", async () => {
    const { binary, plain } = mixed();
    const { id } = await binary.push({ n: 1n });
    await plain.push({ n: 2 });
    const { tasks } = await plain.listTasks({ order: "oldest" });
    expect(tasks).toMatchObject([
      { id, args: msgpack.encode({ n: 1n }), undecodable: expect.stringContaining('"msgpack" is not known here') },
      { args: { n: 2 } },
    ]);
    expect(tasks[1]).not.toHaveProperty("undecodable");
    await expect(plain.fetchById(id)).rejects.toThrow(CodecError);
  });

  test("kills a task that cannot be read, and goes on", async () => {
    const { clock, raw, plain, both } = mixed();
    const { id } = await raw.push("bm8gbXNncGFjaw==");
    const other = await plain.push(2);
    const worker = new Worker("w", both, (args) => args, { clock });
    await clock.advance(100);
    expect(await plain.checkStatus([id, other])).toMatchObject([
      { status: "Killed", error: expect.stringContaining("It cannot be read as msgpack") },
      { status: "Done", value: 2 },
    ]);
    const stopped = worker.stop();
    await clock.advance(10);
    await stopped;
  });
});
