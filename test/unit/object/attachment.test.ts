import { serialize } from "node:v8";
import fc from "fast-check";
import { expect, test } from "vitest";
import { MAX_ATTACHMENT_BYTES } from "../../../src/limits.ts";
import { batches } from "../../../src/object/batches.ts";
import { Connection, type Memory, type ObjectSocket } from "../../../src/object/connection.ts";
import { packSeqs, unpackSeqs } from "../../../src/object/pack.ts";

class FakeSocket implements ObjectSocket {
  readonly readyState = 1;
  attachment: unknown = null;
  send(): void {}
  close(): void {}
  serializeAttachment(value: unknown): void {
    this.attachment = value;
  }
  deserializeAttachment(): unknown {
    return this.attachment;
  }
}

const caller = { scopes: ["push" as const], queues: ["очередь*", "emails"], exp: 1_800_000_000_000, tasks: ["01JY"] };

const seqs = fc.uniqueArray(fc.nat(2 ** 40), { maxLength: 200 });
const memories: fc.Arbitrary<Memory> = fc.record({
  consumer: fc.option(
    fc.record({
      worker: fc.string({ unit: "grapheme" }),
      session: fc.nat(),
      autoStart: fc.boolean(),
      poll: fc.boolean(),
    }),
  ),
  credit: fc.nat(10_000),
  owed: seqs.map((list) => list.toSorted((a, b) => a - b)),
  waits: fc.array(
    fc.record({
      ref: fc.string({ unit: "grapheme", minLength: 1, maxLength: 64 }),
      progress: fc.boolean(),
      seqs: seqs.map((list) => new Set(list)),
    }),
    { maxLength: 20 },
  ),
  watches: fc.array(fc.record({ ref: fc.string({ unit: "grapheme" }), topics: fc.constant(["stats"] as const) }), {
    maxLength: 3,
  }),
  follows: fc.boolean(),
  askedAt: fc.nat(),
});

test("a socket remembers through hibernation whatever fits its attachment", () => {
  fc.assert(
    fc.property(memories, fc.nat(), (memory, heardAt) => {
      const socket = new FakeSocket();
      const connection = new Connection(socket, caller, heardAt);
      connection.memory = memory;
      connection.save();
      const restored = Connection.restore(socket);
      expect(restored).toMatchObject({ caller, heardAt });
      const sorted = memory.waits.map((wait) => ({ ...wait, seqs: new Set([...wait.seqs].toSorted((a, b) => a - b)) }));
      expect(restored?.memory).toEqual({ ...memory, waits: sorted });
    }),
  );
});

test("what is said to fit does fit, whatever the characters", () => {
  let fitted = 0;
  let refused = 0;
  fc.assert(
    fc.property(memories, fc.integer({ min: 1, max: 60 }), (memory, times) => {
      const socket = new FakeSocket();
      const connection = new Connection(socket, caller, Date.now());
      const waits = Array.from({ length: times }, () => memory.waits).flat();
      connection.memory = { ...memory, waits };
      const fits = connection.fits(connection.memory);
      connection.save();
      if (fits) expect(serialize(socket.attachment).length).toBeLessThanOrEqual(MAX_ATTACHMENT_BYTES);
      fitted += Number(fits);
      refused += Number(!fits);
    }),
  );
  expect([fitted > 0, refused > 0]).toEqual([true, true]);
});

test("sequences are the same when they are unpacked, and neighbours cost next to nothing", () => {
  fc.assert(
    fc.property(fc.uniqueArray(fc.nat(300)), (list) => {
      expect(unpackSeqs(packSeqs(list))).toEqual(list.toSorted((a, b) => a - b));
    }),
  );
  expect(packSeqs(Array.from({ length: 10_000 }, (_, index) => index + 5)).length).toBeLessThan(10);
});

test("batches keep the order, lose nothing, and cut before 8 MiB", () => {
  const mib = "x".repeat(1024 * 1024);
  const texts = [mib, "a", mib, mib, "b", mib.repeat(9), "c"];
  expect(batches(texts).map((batch) => batch.length)).toEqual([3, 2, 1, 1]);
  expect(batches(texts).flat()).toEqual(texts);
  expect(batches([])).toEqual([]);
});
