/** What a task costs at list prices, which docs/performance.md names. Amounts beyond what a plan includes. */

/** Dollars for a million rows written; an alarm that is set is one of them. */
const ROWS = 1;
/** Dollars for a million requests to an object; a connection is one, and so are twenty frames that come in. */
const REQUESTS = 0.15;
/** Dollars for a million requests to the Worker before it; frames do not pass it. */
const WORKER_REQUESTS = 0.3;
/** Dollars for a million gigabyte-seconds of an object that is awake. */
const DURATION = 12.5;
/** Gigabytes that an object is billed for, whatever it uses. */
const MEMORY_GB = 0.128;
const FRAMES_A_REQUEST = 20;

/** Each for one task. */
export interface Usage {
  readonly rows: number;
  readonly frames: number;
  readonly requests: number;
  /** Seconds for which the object is awake: on a machine like the one that measured. */
  readonly seconds: number;
}

/** Dollars for a million tasks. */
export const dollarsAMillion = ({ rows, frames, requests, seconds }: Usage): number =>
  rows * ROWS +
  (requests + frames / FRAMES_A_REQUEST) * REQUESTS +
  requests * WORKER_REQUESTS +
  seconds * MEMORY_GB * DURATION;
