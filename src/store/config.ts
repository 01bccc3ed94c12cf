/** The settings of a queue: one row, read at the start, changed by patches. */

import { type ConfigChange, changed, differences, setBy } from "../task/config.ts";
import { DEFAULT_CONFIG, type QueueConfig } from "../task/task.ts";
import type { SqlDriver } from "./driver.ts";
import type { Tx } from "./tx.ts";
import { restartRetention } from "./vacuum.ts";

/** Settings, and how often they were changed: of two partitions' settings the higher revision is true. */
export interface Settings {
  /** As they hold. */
  readonly config: QueueConfig;
  /** What changes have set; all else is what code has, or what is built in. */
  readonly set: ConfigChange;
  /** 0 until they are first changed. */
  readonly revision: number;
}

/** What stands in the row: the settings as they held when it was written, so that an older version can read it. */
type Written = Partial<QueueConfig> & { readonly set?: ConfigChange; readonly revision?: number };

/** @param code the settings that code has: they hold where no change has set others */
export function loadSettings(sql: SqlDriver, code: ConfigChange = {}): Settings {
  const before = unset(code);
  const written = writtenIn(sql);
  if (written === null) return before;
  const { revision = 0, set = differences(written) } = written;
  return { config: changed(before.config, set), set, revision };
}

/** The settings of a queue of which none was ever set. */
export const unset = (code: ConfigChange): Settings => ({
  config: changed(DEFAULT_CONFIG, code),
  set: {},
  revision: 0,
});

function writtenIn(sql: SqlDriver): Written | null {
  const [row] = sql.all<{ body: string }>("SELECT body FROM state WHERE name = 'config'");
  return row ? (JSON.parse(row.body) as Written) : null;
}

export const loadConfig = (sql: SqlDriver, code?: ConfigChange): QueueConfig => loadSettings(sql, code).config;

export function saveConfig(
  sql: SqlDriver,
  config: QueueConfig,
  revision = 0,
  set: ConfigChange = differences(config),
): void {
  sql.all(
    "INSERT INTO state (name, body) VALUES ('config', ?1) ON CONFLICT (name) DO UPDATE SET body = excluded.body",
    JSON.stringify({ ...config, set, revision }),
  );
}

/** Merges a change in. What brings a deadline nearer takes effect at once, by a look at what is due. */
export function configure(tx: Tx, change: ConfigChange, code: ConfigChange = {}): QueueConfig {
  const before = loadSettings(tx.sql, code);
  const config = changed(tx.config, change);
  saveConfig(tx.sql, config, before.revision + 1, setBy(before.set, change, config));
  if (change.retention) restartRetention(tx);
  if (change.orphanAfterMs !== undefined) tx.journal.wake(tx.now);
  return config;
}

/**
 * Takes over settings of another partition, if they are newer than what is here.
 *
 * @returns them, or `null` when there is nothing new
 */
export function takeSettings(tx: Tx, { config, set, revision }: Settings): QueueConfig | null {
  if (revision <= loadSettings(tx.sql).revision) return null;
  saveConfig(tx.sql, config, revision, set);
  tellChange(tx, config);
  return config;
}

/**
 * Settings that code has changed since they were last written down: what depends on them is looked at anew, once.
 *
 * @returns whether there were such
 */
export function refit(tx: Tx, code: ConfigChange): boolean {
  const { config, set, revision } = loadSettings(tx.sql, code);
  if (isAsWritten(tx.sql, config)) return false;
  saveConfig(tx.sql, config, revision, set);
  restartRetention(tx);
  tx.journal.wake(tx.now);
  return true;
}

/** Whether settings are those that were last written down; the built-in ones never are. */
export function isAsWritten(sql: SqlDriver, config: QueueConfig): boolean {
  const { set, revision, ...written } = { ...DEFAULT_CONFIG, ...writtenIn(sql) } as QueueConfig & Written;
  return JSON.stringify(changed(written, {})) === JSON.stringify(changed(config, {}));
}

function tellChange(tx: Tx, { retention, orphanAfterMs }: QueueConfig): void {
  const { retention: before } = tx.config;
  if (retention.doneMs !== before.doneMs || retention.killedMs !== before.killedMs) restartRetention(tx);
  if (orphanAfterMs !== tx.config.orphanAfterMs) tx.journal.wake(tx.now);
}
