/** When to poll again. */

import type { Clock } from "./clock.ts";
import type { WorkerContext } from "./context.ts";

/** What a strategy may look at. */
export interface PollContext {
  readonly worker: WorkerContext;
  readonly clock: Clock;
  /** How many tasks the poll before brought; 0 before the first. */
  readonly prevCount: number;
  /** Fires when the polling ends. */
  readonly signal: AbortSignal;
}

/** Each tick of the stream is a poll. When it ends, the polling ends. */
export interface PollStrategy {
  readonly ticks: (context: PollContext) => AsyncIterable<unknown>;
}
