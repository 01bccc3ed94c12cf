/** What a scrape is told, read back by a strict reader of the format. */

import { describe, expect, it } from "vitest";
import { exposition, histogramSamples } from "../../../src/http/exposition.ts";
import { metricsText, type Scraped } from "../../../src/http/metrics.ts";
import { VERSION } from "../../../src/http/version.ts";
import type { Measured, Measures } from "../../../src/object/api.ts";
import { oneOf } from "../../../src/object/overview.ts";
import { BUCKETS, emptyHistogram, record } from "../../../src/task/histogram.ts";
import { noMeters } from "../../../src/task/meters.ts";
import { noCounts } from "../../../src/task/status.ts";
import { DEFAULT_CONFIG } from "../../../src/task/task.ts";
import { keyOf, readExposition } from "../../support/exposition.ts";
import { NOW, world } from "./fakes.ts";

function measures(more: Partial<Measures> = {}): Measures {
  const [waits, runs] = [emptyHistogram(), emptyHistogram()];
  return {
    ...{ meters: noMeters(), waits, runs, rowsWritten: 0, alarmsSet: 0, commits: 0, sockets: 0, dueAt: null },
    ...more,
  };
}

function measured(name: string, more: Partial<Measured> = {}): Measured {
  const rates = { pushed: 0, done: 0, failed: 0, killed: 0 };
  const activity = [0, 0, 0, 0, 0, 0, 0];
  const numbers = { counts: noCounts(), workers: 0, oldestDueAgeMs: null, rates, activity };
  return { info: { name, partitions: 1, ...numbers, config: DEFAULT_CONFIG }, at: NOW, measures: measures(), ...more };
}

const scraped = (name: string, more: Partial<Scraped> = {}): Scraped => ({
  ...measured(name, more),
  partitions: more.partitions ?? 1,
});

/** The values of one queue, by name and by what else labels them. */
function valuesOf(text: string, queue: string) {
  const families = readExposition(text);
  return (name: string, labels: Record<string, string> = {}, suffix = "") =>
    families.get(name)?.samples.get(keyOf(name + suffix, { queue, ...labels }));
}

const HOSTILE = [
  'a"b',
  "a\\b",
  "a\nb",
  "a\\nb",
  'x"} 1\nprinia_tasks{queue="y',
  "a\rb",
  "é😀",
  "{}",
  ",",
  "# TYPE",
  "a b",
];

describe("the numbers of a queue", () => {
  it("are its counters, gauges and durations, in base units", () => {
    const [waits, runs] = [emptyHistogram(), emptyHistogram()];
    for (const ms of [0, 1, 3, 1000]) record(waits, ms);
    record(runs, 2 ** 40);
    const meters = {
      ...{ pushed: 1, claimed: 2, retried: 3, done: 4, failed: 5, killed: 6 },
      ...{ orphaned: 7, timedOut: 8, ended: 1, waitedMs: 1004, ranMs: 2 ** 40 },
    };
    const { info } = measured("q");
    const value = valuesOf(
      metricsText(
        [
          scraped("q", {
            info: {
              ...info,
              counts: { ...noCounts(), Running: 9 },
              workers: 2,
              config: { ...DEFAULT_CONFIG, paused: true },
            },
            at: NOW - 2_500,
            partitions: 3,
            measures: measures({
              meters,
              waits,
              runs,
              rowsWritten: 10,
              alarmsSet: 11,
              commits: 12,
              sockets: 13,
              dueAt: NOW - 1,
            }),
          }),
        ],
        0,
        NOW,
      ),
      "q",
    );
    expect(value("prinia_tasks", { status: "Running" })).toBe(9);
    expect(value("prinia_tasks", { status: "Done" })).toBe(0);
    const plain = [
      "pushes",
      "claims",
      "retries",
      "leases_orphaned",
      "leases_timed_out",
      "rows_written",
      "alarms_set",
      "commits",
    ];
    expect(plain.map((name) => value(`prinia_${name}_total`))).toEqual([1, 2, 3, 7, 8, 10, 11, 12]);
    const outcomes = ["done", "failed", "killed"];
    expect(outcomes.map((outcome) => value("prinia_acks_total", { outcome }))).toEqual([4, 5, 6]);
    const gauges = ["workers", "sockets", "partitions", "paused", "snapshot_age_seconds", "oldest_due_age_seconds"];
    expect(gauges.map((name) => value(`prinia_${name}`))).toEqual([2, 13, 3, 1, 2.5, 0.001]);
    const below = ["0", "0.001", "0.003", "0.511", "1.023", "+Inf"];
    expect(below.map((le) => value("prinia_wait_seconds", { le }, "_bucket"))).toEqual([1, 2, 3, 3, 4, 4]);
    expect([value("prinia_wait_seconds", {}, "_sum"), value("prinia_wait_seconds", {}, "_count")]).toEqual([1.004, 4]);
    const longest = String((2 ** (BUCKETS - 2) - 1) / 1000);
    expect([longest, "+Inf"].map((le) => value("prinia_run_seconds", { le }, "_bucket"))).toEqual([0, 1]);
  });

  it("say how long the oldest task has been due by now, also of one that was scheduled when the queue last reported", () => {
    const age = (more: Partial<Scraped>) =>
      valuesOf(
        metricsText([scraped("q", { at: NOW - 60_000, ...more })], 0, NOW),
        "q",
      )("prinia_oldest_due_age_seconds");
    expect(age({ measures: measures({ dueAt: NOW - 90_000 }) })).toBe(90);
    expect(age({ measures: measures({ dueAt: NOW - 30_000 }) })).toBe(30);
    expect(age({ measures: measures({ dueAt: NOW + 30_000 }) })).toBe(0);
    expect(age({ measures: measures({ dueAt: null }) })).toBe(0);
  });

  it("are those that an older version reports, and no others", () => {
    const { info, at } = measured("old");
    const older = { info: { ...info, oldestDueAgeMs: 5_000 }, at: at - 1_000, partitions: 1 };
    const value = valuesOf(metricsText([older], 0, NOW), "old");
    expect(value("prinia_oldest_due_age_seconds")).toBe(6);
    expect(value("prinia_tasks", { status: "Done" })).toBe(0);
    for (const name of ["prinia_pushes_total", "prinia_sockets"]) expect(value(name)).toBeUndefined();
    expect(value("prinia_wait_seconds", {}, "_count")).toBeUndefined();
  });

  it("are the sums over its partitions", () => {
    const part = (partition: number, pushed: number, dueAt: number | null) => {
      const waits = emptyHistogram();
      record(waits, 1);
      const of = measures({
        meters: { ...noMeters(), pushed },
        waits,
        sockets: 1,
        rowsWritten: 2,
        alarmsSet: 3,
        commits: 4,
        dueAt,
      });
      return { ...measured("q"), measures: of, partition, workers: [] };
    };
    const { measures: older, ...without } = part(2, 9, null);
    expect(older).toBeDefined();
    const { measures: sum } = oneOf([part(0, 1, NOW), part(1, 2, NOW - 5), without]);
    expect(sum).toMatchObject({ sockets: 2, rowsWritten: 4, alarmsSet: 6, commits: 8, dueAt: NOW - 5 });
    expect([sum?.meters.pushed, sum?.waits[1]]).toEqual([3, 2]);
  });
});

describe("the text", () => {
  it("is well formed, whatever a queue is called", () => {
    const text = metricsText(
      HOSTILE.map((name) => scraped(name)),
      0,
      NOW,
    );
    for (const name of HOSTILE) expect(valuesOf(text, name)("prinia_partitions"), name).toBe(1);
    expect(readExposition(text).get("prinia_queues")?.samples.get(keyOf("prinia_queues"))).toBe(HOSTILE.length);
  });

  it("has no zero byte, and no series twice, where names differ by that alone", () => {
    const families = readExposition(
      metricsText(
        ["a\0", "a\uFFFD", "b"].map((name) => scraped(name)),
        4,
        NOW,
      ),
    );
    expect([...(families.get("prinia_paused")?.samples.keys() ?? [])]).toEqual(
      ["a\uFFFD", "b"].map((queue) => keyOf("prinia_paused", { queue })),
    );
    expect(families.get("prinia_queues_omitted")?.samples.get(keyOf("prinia_queues_omitted"))).toBe(5);
  });

  it("names the version, and is whole when there is no queue", () => {
    const families = readExposition(metricsText([], 0, NOW));
    expect(families.get("prinia_build_info")?.samples.get(keyOf("prinia_build_info", { version: VERSION }))).toBe(1);
    expect(families.get("prinia_tasks")?.samples.size).toBe(0);
  });

  it("has the special numbers and the help as the format spells them", () => {
    const values = [1e21, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0.5];
    const samples = values.map((value, place) => ({ labels: { place: `${place}` }, value }));
    expect(exposition([{ name: "x", help: "a\\b\nc", type: "gauge", samples }])).toBe(
      '# HELP x a\\\\b\\nc\n# TYPE x gauge\nx{place="0"} 1e+21\nx{place="1"} NaN\nx{place="2"} +Inf\nx{place="3"} -Inf\nx{place="4"} 0.5\n',
    );
  });

  it("has buckets that are added up", () => {
    const samples = histogramSamples({}, [1, 0, 2, 3], [1, 2], 9);
    expect(samples.map(({ labels, value }) => [labels.le, value])).toEqual([
      ["1", 1],
      ["2", 1],
      ["+Inf", 6],
      [undefined, 9],
      [undefined, 6],
    ]);
  });
});

describe("the strict reader", () => {
  const head = "# HELP a_total x\n# TYPE a_total counter\n";
  const hist = "# HELP h x\n# TYPE h histogram\n";
  it.each([
    ["a sample without a type", "a 1\n"],
    ["a type without help", "# TYPE a gauge\na 1\n"],
    ["a type that there is not", "# HELP a x\n# TYPE a thing\na 1\n"],
    ["a counter with another name", "# HELP a x\n# TYPE a counter\na 1\n"],
    ["a series twice", `${head}a_total{x="1"} 1\na_total{x="1"} 2\n`],
    ["a family twice", `${head}a_total 1\n${head}`],
    ["a sample in another family", `${head}b 1\n`],
    ["a quote in a label", `${head}a_total{x="a"b"} 1\n`],
    ["an escape that there is not", `${head}a_total{x="\\r"} 1\n`],
    ["a label twice", `${head}a_total{x="1",x="2"} 1\n`],
    ["no number", `${head}a_total one\n`],
    ["a counter below zero", `${head}a_total -1\n`],
    ["a line without end", `${head}a_total 1`],
    ["a zero byte", `${head}a_total{x="\0"} 1\n`],
    ["buckets that descend", `${hist}h_bucket{le="1"} 2\nh_bucket{le="+Inf"} 1\nh_sum 1\nh_count 1\n`],
    [
      "bounds that descend",
      `${hist}h_bucket{le="2"} 1\nh_bucket{le="1"} 1\nh_bucket{le="+Inf"} 1\nh_sum 1\nh_count 1\n`,
    ],
    ["no last bucket", `${hist}h_bucket{le="1"} 1\nh_sum 1\nh_count 1\n`],
    ["another count", `${hist}h_bucket{le="+Inf"} 1\nh_sum 1\nh_count 2\n`],
    ["no sum", `${hist}h_bucket{le="+Inf"} 1\nh_count 1\n`],
  ])("throws at %s", (_, text) => {
    expect(() => readExposition(text)).toThrow();
  });
});

describe("the route", () => {
  it("asks the directory once and no queue at all", async () => {
    const { send, calls, opened } = world({}, { directory: { metrics: { queues: [measured("q")], omitted: 1 } } });
    const answer = await send("GET", "/v1/metrics");
    expect([answer.status, answer.headers.get("content-type")]).toEqual([
      200,
      "text/plain; version=0.0.4; charset=utf-8",
    ]);
    expect(valuesOf(await answer.text(), "q")("prinia_snapshot_age_seconds")).toBe(0);
    expect(calls.map(({ object, method }) => [object, method])).toEqual([["directory", "metrics"]]);
    expect(opened).toEqual(["directory"]);
  });

  it("knows into how many partitions the queue is divided", async () => {
    const { send } = world(
      {},
      {
        directory: { metrics: { queues: [measured("q")], omitted: 0 } },
        vars: { PRINIA_AUTH: "off", PRINIA_PARTITIONS: "q=4" },
      },
    );
    expect(valuesOf(await (await send("GET", "/v1/metrics")).text(), "q")("prinia_partitions")).toBe(4);
  });
});
