/** What every operation of the store is given: the database, one reading of the clock, chance, and the journal. */

import type { QueueConfig } from "../task/task.ts";
import type { SqlDriver } from "./driver.ts";
import type { Journal } from "./journal.ts";
import type { Tally } from "./tally.ts";

/** Chance as a parameter, so that a test can have it as it likes. */
export interface Chance {
  /** Uniform in [0, 1). */
  uniform(): number;
  /** So many numbers of 30 bits. */
  bits30(count: number): ArrayLike<number>;
  /** A claim's token: 52 bits. */
  token(): number;
  /** A session's secret: 26 characters of base 32. */
  secret(): string;
}

export interface Tx {
  readonly sql: SqlDriver;
  /** The one reading of the clock, ms. */
  readonly now: number;
  readonly chance: Chance;
  /** For what is given out (`nextSeq`, `nextSession`, `lastMs`) and the marks of long work; all other numbers go by the journal. */
  readonly tally: Tally;
  readonly config: QueueConfig;
  readonly journal: Journal;
  readonly queue: string;
  readonly partition: number;
  /** What is known of sessions beside their rows. */
  readonly presence: Presence;
}

/** What the process knows of who is there. */
export interface Presence {
  /** When the session was last heard by this process, or `null` if never; `now` while it waits. */
  heardAt(session: number, now: number): number | null;
  /** When the session was given tasks though it was silent, ms: it has as long to speak as any. 0 if never. */
  askedAt?(session: number): number;
}

/** Nobody is there: for reading, and for a store without connections. */
export const absent: Presence = { heardAt: () => null };

/** Chance from the platform's generator. */
export const cryptoChance: Chance = {
  uniform: () => (crypto.getRandomValues(new Uint32Array(1))[0] ?? 0) / 2 ** 32,
  bits30: (count) => crypto.getRandomValues(new Uint32Array(count)).map((bits) => bits >>> 2),
  token: () => {
    const [high = 0, low = 0] = crypto.getRandomValues(new Uint32Array(2));
    // Never zero, which stands for no lease.
    return (high >>> 12) * 2 ** 32 + low || 1;
  },
  secret: () => [...crypto.getRandomValues(new Uint8Array(26))].map((byte) => (byte % 32).toString(32)).join(""),
};
