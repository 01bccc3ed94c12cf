/** What a scrape is told of all queues: see docs/monitoring.md. */

import type { Measured, Measures } from "../object/api.ts";
import { BUCKETS } from "../task/histogram.ts";
import { STATUSES } from "../task/status.ts";
import { exposition, type Family, histogramSamples, type Sample } from "./exposition.ts";
import { VERSION } from "./version.ts";

/** A queue, as the directory knows it, and how many partitions the router divides it into. */
export type Scraped = Measured & { readonly partitions: number };

interface Reading extends Scraped {
  readonly labels: { readonly queue: string };
  readonly now: number;
}

/** A family, and what each queue adds to it. */
interface Metric extends Omit<Family, "samples"> {
  readonly of: (reading: Reading) => readonly Sample[];
}

const SECOND_MS = 1000;

/** Of each bucket but the last: the longest duration of whole milliseconds in it, in seconds. */
const BOUNDS = Array.from({ length: BUCKETS - 1 }, (_, bucket) => (2 ** bucket - 1) / SECOND_MS);

const gauge = (name: string, help: string, value: (reading: Reading) => number): Metric => ({
  ...{ name, help, type: "gauge" },
  of: (reading) => [{ labels: reading.labels, value: value(reading) }],
});

/** Of what an older version does not report there is no sample. */
const measured = (
  type: "counter" | "gauge",
  name: string,
  help: string,
  value: (measures: Measures) => number,
): Metric => ({
  ...{ name, help, type },
  of: ({ labels, measures }) => (measures === undefined ? [] : [{ labels, value: value(measures) }]),
});

const counter = (name: string, help: string, value: (measures: Measures) => number): Metric =>
  measured("counter", name, help, value);

const histogram = (
  name: string,
  help: string,
  parts: (measures: Measures) => readonly [buckets: readonly number[], sumMs: number],
): Metric => ({
  ...{ name, help, type: "histogram" },
  of: ({ labels, measures }) => {
    if (measures === undefined) return [];
    const [buckets, sumMs] = parts(measures);
    return histogramSamples(labels, buckets, BOUNDS, sumMs / SECOND_MS);
  },
});

const METRICS: readonly Metric[] = [
  {
    ...{ name: "prinia_tasks", help: "Tasks in the queue, by status.", type: "gauge" },
    of: ({ labels, info }) => STATUSES.map((status) => ({ labels: { ...labels, status }, value: info.counts[status] })),
  },
  gauge("prinia_oldest_due_age_seconds", "For how long the task that is due longest has been due.", dueAgeSeconds),
  gauge("prinia_workers", "Workers that are alive.", ({ info }) => info.workers),
  measured(
    "gauge",
    "prinia_sockets",
    "Open sockets, those of waits and long polls included.",
    ({ sockets }) => sockets,
  ),
  gauge("prinia_partitions", "Objects that the queue is divided into.", ({ partitions }) => partitions),
  gauge("prinia_paused", "1 while nothing is given out.", ({ info }) => (info.config.paused ? 1 : 0)),
  gauge("prinia_snapshot_age_seconds", "How long ago the queue reported these numbers.", ({ at, now }) =>
    seconds(now - at),
  ),
  counter("prinia_pushes_total", "Tasks pushed.", ({ meters }) => meters.pushed),
  counter("prinia_claims_total", "Leases given.", ({ meters }) => meters.claimed),
  counter("prinia_retries_total", "Leases given to tasks that had run before.", ({ meters }) => meters.retried),
  {
    ...{ name: "prinia_acks_total", help: "Attempts and tasks that ended, by how.", type: "counter" },
    of: ({ labels, measures }) =>
      measures === undefined
        ? []
        : (["done", "failed", "killed"] as const).map((outcome) => ({
            labels: { ...labels, outcome },
            value: measures.meters[outcome],
          })),
  },
  counter(
    "prinia_leases_orphaned_total",
    "Leases taken back from workers that were silent, or whose name another took.",
    ({ meters }) => meters.orphaned,
  ),
  counter(
    "prinia_leases_timed_out_total",
    "Leases taken back because an execution took longer than it may.",
    ({ meters }) => meters.timedOut,
  ),
  histogram("prinia_wait_seconds", "From due to claimed.", ({ waits, meters }) => [waits, meters.waitedMs]),
  histogram("prinia_run_seconds", "From started to ended.", ({ runs, meters }) => [runs, meters.ranMs]),
  counter("prinia_rows_written_total", "Rows written, which are the price of a queue.", (one) => one.rowsWritten),
  counter("prinia_alarms_set_total", "Alarms set, each of which costs a row as well.", (one) => one.alarmsSet),
  counter("prinia_commits_total", "Transactions that wrote something.", (one) => one.commits),
];

/** The age goes on while nothing is reported: in a queue that does not change, what was due is due still. */
function dueAgeSeconds({ info, at, measures, now }: Reading): number {
  if (measures === undefined) return info.oldestDueAgeMs === null ? 0 : seconds(info.oldestDueAgeMs + now - at);
  return measures.dueAt === null ? 0 : seconds(now - measures.dueAt);
}

/** Clocks of two machines may differ a little. */
const seconds = (ms: number): number => Math.max(0, ms) / SECOND_MS;

const whole = (name: string, help: string, value: number, labels = {}): Family => ({
  ...{ name, help, type: "gauge" },
  samples: [{ labels, value }],
});

/**
 * @param omitted how many queues are left out already
 * @param now ms
 */
export function metricsText(queues: readonly Scraped[], omitted: number, now: number): string {
  const readings = new Map<string, Reading>();
  for (const queue of queues) {
    const label = labelOf(queue.info.name);
    if (!readings.has(label)) readings.set(label, { ...queue, labels: { queue: label }, now });
  }
  const all = [...readings.values()];
  return exposition([
    whole("prinia_build_info", "1, with the version of the server.", 1, { version: VERSION }),
    whole("prinia_queues", "Queues in this answer.", all.length),
    whole("prinia_queues_omitted", "Queues that have no room in this answer.", omitted + queues.length - all.length),
    ...METRICS.map(({ of, ...family }) => ({ ...family, samples: each(all, of) })),
  ]);
}

/** One after the other: all samples of a thousand queues at once would be many. */
function* each(readings: readonly Reading[], of: Metric["of"]): Generator<Sample> {
  for (const reading of readings) yield* of(reading);
}

/**
 * A zero byte is well-formed in a name, but ends the text for some who read it. Two names that look the same then are one:
 * a series that came twice would have all of the answer refused.
 */
const labelOf = (name: string): string => name.replaceAll("\0", "\uFFFD");
