/** Changes to a queue's settings. */

import { completeBackoff } from "./backoff.ts";
import { type Backoff, DEFAULT_BACKOFF, type QueueConfig } from "./task.ts";

/** Part of a configuration; `null` clears where it may. */
export interface ConfigChange {
  readonly paused?: boolean | undefined;
  readonly orphanAfterMs?: number | undefined;
  readonly retention?:
    | { readonly doneMs?: number | null | undefined; readonly killedMs?: number | null | undefined }
    | undefined;
  readonly defaults?:
    | {
        readonly priority?: number | undefined;
        readonly maxAttempts?: number | undefined;
        readonly backoff?: Partial<Backoff> | null | undefined;
        readonly timeoutMs?: number | null | undefined;
      }
    | undefined;
}

/** The configuration with the change merged in. */
export function changed(config: QueueConfig, change: ConfigChange): QueueConfig {
  const { retention, defaults } = change;
  return {
    paused: change.paused ?? config.paused,
    orphanAfterMs: change.orphanAfterMs ?? config.orphanAfterMs,
    retention: {
      doneMs: retention?.doneMs === undefined ? config.retention.doneMs : retention.doneMs,
      killedMs: retention?.killedMs === undefined ? config.retention.killedMs : retention.killedMs,
    },
    defaults: {
      priority: defaults?.priority ?? config.defaults.priority,
      maxAttempts: defaults?.maxAttempts ?? config.defaults.maxAttempts,
      backoff: backoffAfter(config.defaults.backoff, defaults?.backoff),
      timeoutMs: defaults?.timeoutMs === undefined ? config.defaults.timeoutMs : defaults.timeoutMs,
    },
  };
}

function backoffAfter(before: Backoff, change: Partial<Backoff> | null | undefined): Backoff {
  if (change === undefined) return before;
  if (change === null) return DEFAULT_BACKOFF;
  // As for a task: a base above the cap that stands lifts the cap with it.
  return completeBackoff({ ...before, maxMs: Math.max(before.maxMs, change.baseMs ?? 0), ...change });
}
