/** What a case works with, and what a backend must bring to be tested. */

import type { Backend } from "../../../src/backend/backend.ts";
import type { BackendOptions } from "../../../src/backend/queue-backend.ts";
import type { MakeShared } from "../../../src/backend/shared.ts";
import type { EventAnswer, HolderEvent } from "../../../src/task/task.ts";
import type { Consumer, ConsumerOptions } from "./consumer.ts";
import type { Source } from "./source.ts";
import type { Full, Offered, Trait } from "./traits.ts";

/** A backend on a queue of its own, for one case. */
export interface Bench<N extends Trait = Trait> {
  /** The backend under test. */
  readonly backend: Offered<N>;
  /** A client of its own on the same queue: it arranges what a case needs, and looks at what became of it. */
  readonly store: Full;
  /** Whether time stands still until it is advanced. Else it is the machine's, and what must be exact is a bit late. */
  readonly isVirtual: boolean;
  now(): number;
  /** Lets so much time pass. */
  advance(ms: number): Promise<void>;
  /**
   * Moves the clock at one stroke: what was due in between happens when time goes on. Absent where time is the machine's.
   */
  readonly jump?: (ms: number) => void;
  /** What holders say, straight to the queue: from nobody, by the right of the lease. */
  events(events: readonly HolderEvent[]): Promise<readonly EventAnswer[]>;
  /** Another backend on the same queue. */
  another(options?: BackendOptions<unknown>): Full;
  /** A backend on another queue of the same place. */
  elsewhere(queue: string): Full;
  /** A worker, of the backend under test unless another is given. */
  consumer(options?: ConsumerOptions, backend?: Backend): Consumer;
  /** From now on nothing of this worker reaches the queue, as if its machine had lost its power. */
  silence(consumer: Consumer): Promise<void>;
  /** So many of the next things that this worker says get no answer. */
  disturb(consumer: Consumer, times: number): Promise<void>;
  /** Makes backends of other queues, all of one client. */
  shared(): MakeShared;
  /** What leads into the backend under test, where it is piped. */
  readonly source: Source;
}

export interface OpenBench extends Bench {
  close(): Promise<void>;
}

/** What the suite needs of a backend. */
export interface Harness {
  readonly name: string;
  readonly traits: readonly Trait[];
  open(): Promise<OpenBench>;
  /** After the last case. */
  close?(): Promise<void>;
}

export interface Case {
  /** Of which row: `S.claim`, `R3.stale`, `T.Vacuum.vacuum.total`; the row is what stands before a lower-case suffix. */
  readonly id: string;
  readonly name: string;
  readonly needs: readonly Trait[];
  /** Waits for real time where time is real: begun first, so that all such cases wait side by side. */
  readonly waits: boolean;
  /** Needs nothing to be kept: what it looks at is what workers are given. */
  readonly isBare: boolean;
  readonly run: (bench: Bench) => Promise<void>;
}

export interface CaseOptions {
  readonly waits?: boolean;
  readonly isBare?: boolean;
}

/**
 * A case. It sees no more of the backend than the traits that it asks for; with the bench's `store` it may arrange and
 * look as it likes.
 */
export function check<const N extends Trait>(
  id: string,
  needs: readonly N[],
  name: string,
  run: (bench: Bench<N>) => Promise<void>,
  { waits = false, isBare = false }: CaseOptions = {},
): Case {
  return { id, name, needs, waits, isBare, run: run as (bench: Bench) => Promise<void> };
}

let queues = 0;

/** The name of a queue that no other case has, in this process or another. */
export const freshName = (): string => `conformance ${++queues} ${Math.random().toString(36).slice(2)}`;
