/** List prices and limits of Cloudflare, in dollars, as published; what a plan includes is not taken off. */

const MILLION = 1_000_000;

export const PRICES = {
  /** developers.cloudflare.com/durable-objects/platform/pricing: SQLite storage. 50 million a month are included. */
  rowWritten: 1 / MILLION,
  /** The same page: requests, calls and alarms of an object. A million a month are included. */
  objectRequest: 0.15 / MILLION,
  /** The same page: so many frames that come in over a WebSocket are one request. */
  framesARequest: 20,
  /** The same page: memory of an object that is not asleep. 400,000 a month are included. */
  gigabyteSecond: 12.5 / MILLION,
  /** The same page: every object counts as 128 MB. */
  objectGigabytes: 0.128,
  /** The same page: what is stored, a month. 5 GB are included. */
  gigabyteMonth: 0.2,
  /** developers.cloudflare.com/workers/platform/pricing: requests to a Worker. 10 million a month are included. */
  workerRequest: 0.3 / MILLION,
} as const;

export const LIMITS = {
  /**
   * developers.cloudflare.com/durable-objects/best-practices/rules-of-durable-objects: requests a second that write to the
   * storage of one object, an estimate of the platform's.
   */
  writesASecond: { least: 200, most: 500 },
  /** developers.cloudflare.com/durable-objects/platform/limits: the storage of one object. */
  objectGigabytes: 10,
} as const;

/** Cloudflare Queues: a message is written, read and deleted, an operation each for every 64 KB. */
export const QUEUES = {
  /** developers.cloudflare.com/queues/platform/pricing. A million operations a month are included. */
  message: 3 * (0.4 / MILLION),
  /** developers.cloudflare.com/queues/platform/limits: messages a second into one queue. */
  messagesASecond: 5_000,
} as const;

export const SECONDS_A_MONTH = 30 * 86_400;
