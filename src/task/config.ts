/** Changes to a queue's settings. */

import { completeBackoff } from "./backoff.ts";
import { type Backoff, DEFAULT_BACKOFF, DEFAULT_CONFIG, type QueueConfig } from "./task.ts";

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

/** What a change leaves set, of what was set before. A backoff is set as a whole; cleared, it is what it is without. */
export function setBy(before: ConfigChange, change: ConfigChange, config: QueueConfig): ConfigChange {
  const { backoff, ...defaults } = given({ ...before.defaults, ...given(change.defaults ?? {}) });
  const isNew = change.defaults?.backoff !== undefined;
  const kept = isNew && backoff !== null ? config.defaults.backoff : backoff;
  const retention = given({ ...before.retention, ...given(change.retention ?? {}) });
  return given({
    ...before,
    ...given(change),
    retention: orNothing(retention),
    defaults: orNothing(kept ? { ...defaults, backoff: kept } : defaults),
  });
}

/** Without the fields that are `undefined`. */
const given = <T extends object>(value: T): T =>
  Object.fromEntries(Object.entries(value).filter(([, field]) => field !== undefined)) as T;

const orNothing = <T extends object>(value: T): T | undefined => (Object.keys(value).length === 0 ? undefined : value);

/** What must have been set for these settings to differ from the built-in ones: of settings that were written as a whole. */
export function differences(config: Partial<QueueConfig>): ConfigChange {
  return differing(config, DEFAULT_CONFIG) as ConfigChange;
}

function differing(value: object, base: object): object {
  const before = base as Record<string, unknown>;
  const fields = Object.entries(value).filter(
    ([name, field]) => name in before && JSON.stringify(field) !== JSON.stringify(before[name]),
  );
  return Object.fromEntries(
    fields.map(([name, field]) => [
      name,
      name === "retention" || name === "defaults" ? differing(field as object, before[name] as object) : field,
    ]),
  );
}

function backoffAfter(before: Backoff, change: Partial<Backoff> | null | undefined): Backoff {
  if (change === undefined) return before;
  if (change === null) return DEFAULT_BACKOFF;
  // As for a task: a base above the cap that stands lifts the cap with it.
  return completeBackoff({ ...before, maxMs: Math.max(before.maxMs, change.baseMs ?? 0), ...change });
}
