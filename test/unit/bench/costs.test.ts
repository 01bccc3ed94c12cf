import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { carried, costOf, gigabytesOf, kept, type Load, MODES, type Mode } from "../../../bench/costs/model.ts";
import { LIMITS, PRICES } from "../../../bench/costs/prices.ts";
import { ROWS, TASK_BYTES } from "../../../bench/costs/rows.ts";
import { costTable, loadOf } from "../../../bench/costs/table.ts";

const LOAD: Load = { tasksPerSecond: 1_000, partitions: 8, batch: 10, payloadBytes: 100, retentionSeconds: 86_400 };
const [single, batched, backlog, direct] = MODES as readonly [Mode, Mode, Mode, Mode];

describe("rows a task", () => {
  test("are those of each step, and the tally's share of each commit", () => {
    const rows = MODES.map((mode) => costOf(mode, LOAD).rowsPerTask);
    expect(rows).toEqual([
      ROWS.push + 1,
      ROWS.push + 1 / 10,
      expect.closeTo(ROWS.push + ROWS.claim + ROWS.ack + ROWS.vacuum + 2 / 10),
      expect.closeTo(ROWS.pushDelivered + ROWS.ack + ROWS.vacuum + 2 / 10),
    ]);
  });

  test("cost a dollar a million", () => {
    for (const mode of MODES) {
      const { rows, rowsPerTask } = costOf(mode, LOAD);
      expect(rows).toBeCloseTo(rowsPerTask);
    }
  });
});

describe("requests", () => {
  test("of a push are one to the Worker and one to the object; a batch shares them", () => {
    expect(costOf(single, LOAD).requests).toBeCloseTo(0.3 + 0.15);
    expect(costOf(batched, LOAD).requests).toBeCloseTo((0.3 + 0.15) / 10);
  });

  test("of an ack are a twentieth, shared by what is acked together", () => {
    expect(costOf(direct, LOAD).requests).toBeCloseTo(0.045 + 0.15 / 20 / 10);
  });
});

test("duration is at most that of objects which never sleep, and is shared by all that they do", () => {
  const month = 8 * 0.128 * 30 * 86_400 * PRICES.gigabyteSecond;
  expect(costOf(single, LOAD).duration * 2_592).toBeCloseTo(month);
  expect(costOf(single, { ...LOAD, tasksPerSecond: 2_000 }).duration * 5_184).toBeCloseTo(month);
});

test("what is kept is payload and row, for as long as the retention lasts", () => {
  expect(gigabytesOf(LOAD)).toBeCloseTo((86_400_000 * (TASK_BYTES + 100)) / 1e9);
  // As much as they can keep fills them to the limit of their storage.
  expect(gigabytesOf({ ...LOAD, tasksPerSecond: kept(LOAD) })).toBeCloseTo(8 * LIMITS.objectGigabytes);
});

test("a month is what a million costs, times the millions", () => {
  const { perMillion, perMonth, rows, requests, duration, storage } = costOf(backlog, LOAD);
  expect(perMillion).toBeCloseTo(rows + requests + duration + storage);
  expect(perMonth).toBeCloseTo(perMillion * 2_592);
});

test("what is carried grows with the partitions and the batch, and a whole life takes two transactions", () => {
  expect(carried(single, LOAD)).toEqual({ least: 1_600, most: 4_000 });
  expect(carried(batched, LOAD)).toEqual({ least: 16_000, most: 40_000 });
  expect(carried(backlog, LOAD)).toEqual({ least: 8_000, most: 20_000 });
  expect(carried(backlog, { ...LOAD, partitions: 64 })).toEqual({ least: 64_000, most: 160_000 });
});

describe("the command", () => {
  test("reads its options, and has something for each that is left out", () => {
    expect(loadOf(["--tasks-per-second", "1000", "--partitions", "8", "--batch", "10"])).toEqual(LOAD);
    expect(loadOf([])).toMatchObject({ tasksPerSecond: 100, partitions: 1, batch: 10 });
  });

  test.each([["0"], ["-1"], ["many"], ["Infinity"]])("refuses --batch %s, and says which it was", (batch) => {
    expect(() => loadOf([`--batch=${batch}`])).toThrow(/--batch is .*above 0/);
  });

  test("refuses what it does not know", () => {
    expect(() => loadOf(["--speed", "1"])).toThrow(/--speed/);
  });

  test("prints a row for each mode, and what Cloudflare Queues would cost", () => {
    const table = costTable(LOAD);
    for (const { name } of MODES) expect(table).toContain(`| ${name} |`);
    expect(table).toContain("Cloudflare Queues: $1.20 a million, $3,110.40 a month");
  });
});

/** The tables of the page, each made anew from the options that stand above it. */
const withTables = (page: string): string =>
  page.replace(
    /(<!-- costs: (.*) -->\n)[\s\S]*?(<!-- end -->)/g,
    (_all, head: string, options: string, end: string) => `${head}\n${costTable(loadOf(options.split(" ")))}\n\n${end}`,
  );

test("docs/scaling.md has the tables that the command prints now; `npx vitest run --project unit test/unit/bench -u` renews them", async () => {
  const page = fileURLToPath(new URL("../../../docs/scaling.md", import.meta.url));
  const text = await readFile(page, "utf8");
  expect(text.match(/<!-- costs: /g)).toHaveLength(3);
  await expect(withTables(text)).toMatchFileSnapshot(page);
});
