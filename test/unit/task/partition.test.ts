import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { layoutIn, layoutOf, parseLayouts, UNDIVIDED, writtenOut } from "../../../src/task/layout.ts";
import { formatPlace, isBehind, parsePlace } from "../../../src/task/list-place.ts";
import { mergedHistogram, mergedWorkers } from "../../../src/task/merged.ts";
import { keyOf, partitionOfKey } from "../../../src/task/partition.ts";
import { belongHere, placeOfBatch, placesOfChunk } from "../../../src/task/places.ts";

const wholeLayout = fc
  .record({
    open: fc.integer({ min: 1, max: 900 }),
    draining: fc.integer({ min: 0, max: 100 }),
    part: fc.double({ min: 0, max: 1, noNaN: true }),
  })
  .map(({ open, draining, part }) => ({
    partitions: open + draining,
    keyed: Math.max(1, Math.floor(open * part)),
    draining,
  }));
const key = fc.option(fc.string({ unit: "binary", maxLength: 12 }), { nil: undefined });
const task = fc.record({ idempotencyKey: key, groupKey: key });

describe("the partition of a key", () => {
  test.each([
    ["", 0x811c9dc5],
    ["a", 0xe40c292c],
    ["foobar", 0xbf9cf968],
  ])("is FNV-1a of its UTF-8: %j", (text, hash) => {
    expect(partitionOfKey(text, 2 ** 32)).toBe(hash);
    expect(partitionOfKey(text, 7)).toBe(hash % 7);
  });

  test("counts bytes, not characters", () => {
    expect(partitionOfKey("ü", 2 ** 32)).toBe(partitionOfKey("\u00fc", 2 ** 32));
    expect(partitionOfKey("ü", 1024)).not.toBe(partitionOfKey("u", 1024));
  });

  test("is one of the keyed ones, always the same, and spread evenly", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), fc.integer({ min: 1, max: 1024 }), (text, keyed) => {
        const place = partitionOfKey(text, keyed);
        expect(place).toBe(partitionOfKey(text, keyed));
        expect(place >= 0 && place < keyed && Number.isInteger(place)).toBe(true);
      }),
    );
    const places = Array.from({ length: 8_000 }, (_, at) => partitionOfKey(`user ${at}`, 8));
    const counts = [...Map.groupBy(places, (place) => place).values()].map(({ length }) => length);
    expect(counts).toHaveLength(8);
    expect(Math.min(...counts)).toBeGreaterThan(850);
    expect(Math.max(...counts)).toBeLessThan(1150);
  });

  test("is that of the group, else of the idempotency key; the empty one is one", () => {
    expect(keyOf({ groupKey: "g", idempotencyKey: "k" })).toBe("g");
    expect(keyOf({ groupKey: "", idempotencyKey: "k" })).toBe("");
    expect(keyOf({ idempotencyKey: "" })).toBe("");
    expect(keyOf({})).toBeUndefined();
  });
});

describe("a batch", () => {
  test("goes where all its keys belong, or is refused at the first that belongs elsewhere", () => {
    fc.assert(
      fc.property(
        fc.array(task, { minLength: 1, maxLength: 6 }),
        wholeLayout,
        fc.double({ min: 0, max: 0.999, noNaN: true }),
        (tasks, layout, chance) => {
          const place = placeOfBatch(tasks, layout, () => chance);
          const own = tasks.map((one) => {
            const decides = keyOf(one);
            return decides === undefined ? undefined : partitionOfKey(decides, layout.keyed);
          });
          const home = own.find((one) => one !== undefined);
          const odd = layout.partitions === 1 ? -1 : own.findIndex((one) => one !== undefined && one !== home);
          expect(place.ok).toBe(odd < 0);
          if (place.ok) {
            expect(place.value).toBeLessThan(layout.partitions - layout.draining);
            if (home !== undefined) expect(place.value).toBe(home);
            expect(belongHere(tasks, place.value, layout, layout.keyed).ok).toBe(true);
          } else expect(place.error).toMatchObject({ code: "bad_request", path: expect.stringMatching(`^${odd}\\.`) });
        },
      ),
    );
  });

  test("without keys goes to any partition that takes new tasks", () => {
    const layout = { partitions: 5, keyed: 2, draining: 1 };
    const places = [0, 0.3, 0.6, 0.99].map((chance) => placeOfBatch([{}], layout, () => chance));
    expect(places.map((place) => place.ok && place.value)).toEqual([0, 1, 2, 3]);
  });

  test("of a stream is cut into one for each partition, each task once, and in order", () => {
    fc.assert(
      fc.property(fc.array(task, { maxLength: 20 }), wholeLayout, (tasks, layout) => {
        const parts = placesOfChunk(tasks, layout, () => 0.5);
        expect([...parts.values()].flat().sort((a, b) => a - b)).toEqual([...tasks.keys()]);
        for (const [partition, places] of parts) {
          expect(places).toEqual(places.toSorted((a, b) => a - b));
          const part = places.flatMap((at) => tasks[at] ?? []);
          expect(belongHere(part, partition, layout, layout.keyed).ok).toBe(true);
        }
      }),
    );
  });

  test("is told where it belongs, and that a partition which is drained takes none", () => {
    const layout = { partitions: 4, keyed: 2, draining: 1 };
    const counts = { partitions: 4, keyedPartitions: 2, draining: 1 };
    const here = partitionOfKey("k", 2);
    const refused = belongHere([{}, { groupKey: "k" }], 1 - here, layout, 2);
    expect(refused).toMatchObject({ error: { code: "wrong_partition", path: "tasks.1.groupKey", ...counts } });
    expect(refused.ok || refused.error.detail).toContain(`partition ${here}`);
    expect(belongHere([{}], 2, layout, 2).ok).toBe(true);
    expect(belongHere([{}], 3, layout, 2)).toMatchObject({
      error: { code: "wrong_partition", path: "tasks", ...counts },
    });
  });
});

describe("a layout", () => {
  test("is read from its text, and written so that it reads the same", () => {
    const parsed = parseLayouts("emails=8 events=16/8, a%20b=4/2/1\n x=y=2");
    expect(parsed.ok && [...parsed.value]).toEqual([
      ["emails", { partitions: 8, keyed: 8, draining: 0 }],
      ["events", { partitions: 16, keyed: 8, draining: 0 }],
      ["a b", { partitions: 4, keyed: 2, draining: 1 }],
      ["x=y", { partitions: 2, keyed: 2, draining: 0 }],
    ]);
    fc.assert(
      fc.property(fc.string({ minLength: 1 }), wholeLayout, (name, layout) => {
        const entry = /PRINIA_PARTITIONS="([^"]*)"/.exec(writtenOut(name, layout))?.[1] ?? "";
        const read = parseLayouts(entry);
        expect(read.ok && [...read.value]).toEqual([[name, layout]]);
      }),
    );
  });

  test.each([
    ["emails", "is not of the form"],
    ["emails=", "is not of the form"],
    ["=8", "is not of the form"],
    ["emails=-1", "is not of the form"],
    ["emails=1.5", "is not of the form"],
    ["emails=8/", "is not of the form"],
    ["%zz=8", "is not of the form"],
    ["emails=0", "`partitions` must be a whole number from 1 to 1024, got 0"],
    ["emails=1025", "`partitions` must be a whole number from 1 to 1024, got 1025"],
    ["emails=8/9", "`keyedPartitions` must be a whole number from 1 to 8"],
    ["emails=8/0", "`keyedPartitions` must be a whole number from 1 to 8"],
    ["emails=8/5/4", "`keyedPartitions` must be a whole number from 1 to 4"],
    ["emails=8/1/8", "`draining` must be a whole number below `partitions`"],
    ["emails=8 emails=4", "for the second time"],
  ])("that is none is refused, and named: %s", (text, why) => {
    const parsed = parseLayouts(text);
    expect(parsed.ok || parsed.error).toContain(why);
  });

  test("has as many keyed partitions as take new tasks, unless it says", () => {
    expect(layoutOf({ partitions: 8, draining: 2 })).toMatchObject({ value: { keyed: 6 } });
  });

  test("is that of the name, else of the longest prefix", () => {
    const parsed = parseLayouts("a*=2 ab*=3 abc=4");
    const layouts = parsed.ok ? parsed.value : new Map();
    const counts = ["abc", "abd", "ab", "ax", "b", "a*"].map((name) => layoutIn(layouts, name).partitions);
    expect(counts).toEqual([4, 3, 3, 2, 1, 2]);
    expect(layoutIn(new Map(), "a")).toBe(UNDIVIDED);
  });
});

describe("several partitions", () => {
  test("have one order, and a cursor says where in it", () => {
    const place = fc.record({ ms: fc.nat(3), partition: fc.nat(3), seq: fc.nat(3) });
    fc.assert(
      fc.property(place, place, fc.constantFrom("newest" as const, "oldest" as const), (a, b, order) => {
        expect(parsePlace(formatPlace(a, order), order)).toEqual({ ok: true, value: a });
        expect(parsePlace(formatPlace(a, order), order === "newest" ? "oldest" : "newest").ok).toBe(false);
        const same = a.ms === b.ms && a.partition === b.partition && a.seq === b.seq;
        expect([isBehind(a, b, order), isBehind(b, a, order)].filter(Boolean)).toHaveLength(same ? 0 : 1);
      }),
    );
    for (const text of ["n.1", "n.1.2", "n.1.2.3.4", "n.a.1.1", "x.1.1.1", ""])
      expect(parsePlace(text, "newest").ok).toBe(false);
  });

  test("list a worker once, as its last session has it", () => {
    const worker = { id: "w", startedAt: 1, heardAt: 5, leases: 2, alive: false, layers: ["old"] };
    const merged = mergedWorkers([
      worker,
      { id: "x", startedAt: 1, heardAt: 1, leases: 0, alive: true, layers: [] },
      { id: "w", startedAt: 3, heardAt: 4, leases: 1, alive: true, layers: ["new"] },
    ]);
    expect(merged).toEqual([
      { id: "w", startedAt: 3, heardAt: 5, leases: 3, alive: true, layers: ["new"] },
      { id: "x", startedAt: 1, heardAt: 1, leases: 0, alive: true, layers: [] },
    ]);
    expect(
      mergedHistogram([
        [1, 0, 2],
        [0, 4, 1],
      ]),
    ).toEqual([1, 4, 3]);
  });
});
