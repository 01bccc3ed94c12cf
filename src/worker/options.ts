/** What a worker may be told, and whether it makes sense. */

import type { Clock } from "../backend/clock.ts";
import type { WorkerEvent } from "../backend/context.ts";
import { MAX_CREDIT } from "../limits.ts";
import type { Duration } from "../task/duration.ts";
import { PriniaError } from "../task/errors.ts";

export interface WorkerOptions<Layers = unknown> {
  /** How many tasks run at a time, 1 by default. */
  readonly concurrency?: number | undefined;
  /**
   * How many more tasks wait here for a free slot, 0 by default: worth it when a task takes less time than the way to
   * the queue and back. `"auto"` measures both, and keeps as many as it takes; at most 1,000, and what is done in 1 s.
   */
  readonly prefetch?: number | "auto" | undefined;
  /**
   * Whether a task counts as started when it is handed over, which saves a row; else the worker says so when it begins.
   * True by default, and false with a prefetch: a task that waits its turn has not started.
   */
  readonly autoStart?: boolean | undefined;
  /** What stands around the handler: the first is the outermost. */
  readonly layers?: Layers | undefined;
  /** The whole id. Whoever takes it last has it: another worker of this id stops with an error. */
  readonly id?: string | undefined;
  /** Is told at once, and one after the other. What it throws is reported by the platform, and does not stop the worker. */
  readonly onEvent?: ((event: WorkerEvent) => void) | undefined;
  readonly clock?: Clock | undefined;
  /** False to wait for `worker.start()`. True by default: it starts once this turn of the event loop is over. */
  readonly start?: boolean | undefined;
}

export interface StopOptions {
  /** How long running handlers may go on; then their signals fire, and their tasks go back. "10s" by default. */
  readonly grace?: Duration | undefined;
}

/** @throws PriniaError `bad_request` when it does not */
export function checkSizes(concurrency: number, prefetch: number | "auto"): void {
  const most = prefetch === "auto" ? 0 : prefetch;
  const isCount = Number.isInteger(concurrency) && concurrency >= 1;
  if (!(isCount && Number.isInteger(most) && most >= 0)) {
    const detail = '`concurrency` is an integer from 1, `prefetch` one from 0, or "auto".';
    throw new PriniaError({ code: "bad_request", detail, path: isCount ? "prefetch" : "concurrency" });
  }
  if (concurrency + most > MAX_CREDIT) {
    const detail = `\`concurrency\` and \`prefetch\` are at most ${MAX_CREDIT} together.`;
    throw new PriniaError({ code: "bad_request", detail, path: "concurrency" });
  }
}
