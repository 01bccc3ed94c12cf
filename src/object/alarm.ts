/** The alarm's tick: sweep, retention, deliveries. Bounded, and safe to run at any time and again. */

import { sweep } from "../store/sweep.ts";
import { retain } from "../store/vacuum.ts";
import type { Partition } from "./partition.ts";
import type { Step } from "./step.ts";

/** One slice of everything that is due; what is left wakes the object again at once. */
export function tick(partition: Partition, step: Step): void {
  const { tx } = step;
  const swept = sweep(tx);
  const retained = retain(tx);
  const next = swept.more || retained ? tx.now : partition.nextWake(tx);
  if (next !== null) tx.journal.wakeAt = next;
}
