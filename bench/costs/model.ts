/** What a load costs, and what carries it: rows, requests and duration, times the prices. No clock, no server. */

import { LIMITS, PRICES, SECONDS_A_MONTH } from "./prices.ts";
import { ROWS, TASK_BYTES } from "./rows.ts";

export interface Load {
  readonly tasksPerSecond: number;
  readonly partitions: number;
  /** Tasks that travel together. */
  readonly batch: number;
  /** Of one task, as JSON. */
  readonly payloadBytes: number;
  /** How long a finished task is kept. */
  readonly retentionSeconds: number;
}

/** What one task takes, on average. */
interface Work {
  readonly rows: number;
  readonly workerRequests: number;
  /** Requests, calls and twentieths of frames that an object is billed for. */
  readonly objectRequests: number;
  /** Transactions. */
  readonly commits: number;
}

export interface Mode {
  readonly name: string;
  readonly of: (batch: number) => Work;
}

/** A push by requests: the Worker's, and its call to the object. */
const pushed = (rows: number, batch: number): Work => ({
  rows: rows + ROWS.commit / batch,
  workerRequests: 1 / batch,
  objectRequests: 1 / batch,
  commits: 1 / batch,
});

/** What else a task takes in its life: its ack is a frame over a socket, by which the next tasks are claimed; and its end. */
const lived = (push: Work, rows: number, batch: number): Work => ({
  rows: push.rows + rows + (ROWS.ack + ROWS.vacuum) + ROWS.commit / batch,
  workerRequests: push.workerRequests,
  objectRequests: push.objectRequests + 1 / batch / PRICES.framesARequest,
  commits: push.commits + 1 / batch,
});

export const MODES: readonly Mode[] = [
  { name: "push alone, a request each", of: () => pushed(ROWS.push, 1) },
  { name: "push alone, in batches", of: (batch) => pushed(ROWS.push, batch) },
  {
    name: "whole life through a backlog",
    of: (batch) => lived(pushed(ROWS.push, batch), ROWS.claim, batch),
  },
  {
    name: "whole life, delivered as pushed",
    of: (batch) => lived(pushed(ROWS.pushDelivered, batch), 0, batch),
  },
];

/** Dollars for a million tasks, and in all for a month. */
export interface Cost {
  readonly rowsPerTask: number;
  readonly rows: number;
  readonly requests: number;
  /** At most: objects that never sleep. */
  readonly duration: number;
  readonly storage: number;
  readonly perMillion: number;
  readonly perMonth: number;
}

const MILLION = 1_000_000;
const GIGABYTE = 1e9;

export function costOf({ of }: Mode, load: Load): Cost {
  const work = of(load.batch);
  const millions = (load.tasksPerSecond * SECONDS_A_MONTH) / MILLION;
  const rows = work.rows * PRICES.rowWritten * MILLION;
  const requests = (work.workerRequests * PRICES.workerRequest + work.objectRequests * PRICES.objectRequest) * MILLION;
  const awake = load.partitions * PRICES.objectGigabytes * SECONDS_A_MONTH * PRICES.gigabyteSecond;
  const kept = gigabytesOf(load) * PRICES.gigabyteMonth;
  const duration = awake / millions;
  const storage = kept / millions;
  const perMillion = rows + requests + duration + storage;
  return { rowsPerTask: work.rows, rows, requests, duration, storage, perMillion, perMonth: perMillion * millions };
}

/** Gigabytes that all partitions together keep. */
export const gigabytesOf = ({ tasksPerSecond, payloadBytes, retentionSeconds }: Load): number =>
  (tasksPerSecond * retentionSeconds * (TASK_BYTES + payloadBytes)) / GIGABYTE;

/** Tasks a second that so many partitions carry, by the platform's estimate of transactions; the least and the most. */
export function carried({ of }: Mode, { partitions, batch }: Load): { readonly least: number; readonly most: number } {
  const { commits } = of(batch);
  const { least, most } = LIMITS.writesASecond;
  return { least: (partitions * least) / commits, most: (partitions * most) / commits };
}

/** Tasks a second that so many partitions can keep for so long. */
export const kept = ({ partitions, payloadBytes, retentionSeconds }: Load): number =>
  (partitions * LIMITS.objectGigabytes * GIGABYTE) / (retentionSeconds * (TASK_BYTES + payloadBytes));
