import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { MAX_PARTITION, MAX_TOKEN_LENGTH } from "../../../src/limits.ts";
import { formatId, formatLease, parseId, parseLease, type TaskId } from "../../../src/task/id.ts";

const bits = (count: number) => fc.oneof(fc.maxSafeNat(), fc.nat(50)).map((number) => number % 2 ** count);
const anyId: fc.Arbitrary<TaskId> = fc.record({
  ms: bits(48),
  partition: fc.nat(MAX_PARTITION),
  seq: bits(40),
  random: bits(30),
});
const largest: TaskId = { ms: 2 ** 48 - 1, partition: MAX_PARTITION, seq: 2 ** 40 - 1, random: 2 ** 30 - 1 };
const sample = formatId({ ms: 1_700_000_000_000, partition: 5, seq: 77, random: 123_456 });

describe("a task id", () => {
  test("comes back as it went", () => {
    fc.assert(
      fc.property(anyId, (id) => {
        expect(parseId(formatId(id))).toEqual(id);
      }),
    );
  });

  test("has the form of a ULID, to its bounds", () => {
    fc.assert(
      fc.property(anyId, (id) => {
        expect(formatId(id)).toMatch(/^[0-7][0123456789ABCDEFGHJKMNPQRSTVWXYZ]{25}$/);
      }),
    );
    expect(formatId({ ms: 0, partition: 0, seq: 0, random: 0 })).toBe("0".repeat(26));
    expect(formatId(largest)).toBe(`7${"Z".repeat(25)}`);
    expect(parseId(formatId(largest))).toEqual(largest);
  });

  test("begins with its time as the ULID specification writes it", () => {
    // The specification's own example: 01ARZ3NDEKTSV4RRFFQ69G5FAV is of 2016-07-30T23:54:10.259Z.
    const id = { ms: Date.parse("2016-07-30T23:54:10.259Z"), partition: 0, seq: 0, random: 0 };
    expect(formatId(id).slice(0, 10)).toBe("01ARZ3NDEK");
    expect(parseId("01ARZ3NDEKTSV4RRFFQ69G5FAV")?.ms).toBe(id.ms);
  });

  test("carries its partition, which nobody need look up", () => {
    for (const partition of [0, 1, 31, 32, MAX_PARTITION]) {
      expect(parseId(formatId({ ...largest, partition }))?.partition).toBe(partition);
    }
    expect(formatId({ ms: 0, partition: 33, seq: 0, random: 0 }).slice(10, 12)).toBe("11");
  });

  test("sorts by time, then partition, then sequence", () => {
    const places = (id: TaskId) => [id.ms, id.partition, id.seq, id.random];
    const order = (a: TaskId, b: TaskId) => {
      const index = places(a).findIndex((place, at) => place !== places(b)[at]);
      return index < 0 ? 0 : Math.sign((places(a)[index] ?? 0) - (places(b)[index] ?? 0));
    };
    const near = fc.record({ ms: fc.nat(40), partition: fc.nat(40), seq: fc.nat(40), random: fc.nat(40) });
    fc.assert(
      fc.property(fc.oneof(anyId, near), near, (a, b) => {
        const [left, right] = [formatId(a), formatId(b)];
        expect(left < right ? -1 : left > right ? 1 : 0).toBe(order(a, b));
      }),
    );
  });

  test.each([
    ["nothing", ""],
    ["one character less", sample.slice(1)],
    ["one character more", `${sample}0`],
    ["more time than there is", `8${sample.slice(1)}`],
    ["an I", `${sample.slice(0, 25)}I`],
    ["an L", `${sample.slice(0, 25)}L`],
    ["an O", `${sample.slice(0, 25)}O`],
    ["a U", `${sample.slice(0, 25)}U`],
    ["small letters", sample.toLowerCase()],
    ["a space before", ` ${sample.slice(1)}`],
    ["a line break after", `${sample}\n`],
    ["a digit of another script", `${sample.slice(0, 25)}٣`],
    ["a UUID", "018c251f-2d71-7a3e-8f3c-1f2e3d4c5b6a"],
  ])("is not read from %s", (_, text) => {
    expect(parseId(sample)).not.toBeNull();
    expect(parseId(text)).toBeNull();
  });
});

describe("a lease", () => {
  test("comes back as it went, and fits what the protocol takes", () => {
    fc.assert(
      fc.property(bits(52), bits(40), (token, seq) => {
        const lease = formatLease(token, seq);
        expect(lease.length).toBeLessThanOrEqual(MAX_TOKEN_LENGTH);
        expect(parseLease(lease)).toEqual({ token, seq });
      }),
    );
  });

  test("of one claim names each of its tasks apart", () => {
    expect(formatLease(1, 23)).not.toBe(formatLease(12, 3));
    expect(parseLease(formatLease(99, 1))).toEqual({ token: 99, seq: 1 });
    expect(parseLease(formatLease(99, 2))).toEqual({ token: 99, seq: 2 });
  });

  test.each(["", ".", "1", "1.", ".1", "1.2.3", "1,2", "-1.2", "1.-2", "A.1", "1.é", " 1.2", "1.2 ", "1.2\n"])(
    "is not read from %j",
    (text) => {
      expect(parseLease("1.2")).toEqual({ token: 1, seq: 2 });
      expect(parseLease(text)).toBeNull();
    },
  );

  test("is not read from numbers that are longer than any", () => {
    expect(parseLease(`${"z".repeat(11)}.1`)).not.toBeNull();
    expect(parseLease(`${"z".repeat(12)}.1`)).toBeNull();
    expect(parseLease(`1.${"z".repeat(12)}`)).toBeNull();
  });
});
