/** What every operation of the store is given: the database, one reading of the clock, chance, and the journal. */

import type { Chance } from "../task/chance.ts";
import type { QueueConfig } from "../task/task.ts";
import type { SqlDriver } from "./driver.ts";
import type { HeldRows } from "./held.ts";
import type { Journal } from "./journal.ts";
import type { Tally } from "./tally.ts";

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
  /** Leased rows that need not be read again; none, where nobody keeps them. */
  readonly held?: HeldRows | undefined;
}

/** What the process knows of who is there. */
export interface Presence {
  /** When the session was last heard by this process, or `null` if never; `now` while it waits. */
  heardAt(session: number, now: number): number | null;
  /** When the session was given tasks though it was silent, ms: it has as long to speak as any. 0 if never. */
  askedAt?(session: number): number;
  /** How many more leases the session may hold; any number, where nobody says. */
  leaseRoom?(tx: Pick<Tx, "sql" | "tally">, session: number): number;
}

/** Nobody is there: for reading, and for a store without connections. */
export const absent: Presence = { heardAt: () => null };
