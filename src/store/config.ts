/** The settings of a queue: one row, read at the start, changed by patches. */

import { type ConfigChange, changed } from "../task/config.ts";
import { DEFAULT_CONFIG, type QueueConfig } from "../task/task.ts";
import type { SqlDriver } from "./driver.ts";
import type { Tx } from "./tx.ts";
import { restartRetention } from "./vacuum.ts";

/** Settings, and how often they were changed: of two partitions' settings the higher revision is true. */
export interface Settings {
  readonly config: QueueConfig;
  /** 0 until they are first changed. */
  readonly revision: number;
}

export function loadSettings(sql: SqlDriver): Settings {
  const [row] = sql.all<{ body: string }>("SELECT body FROM state WHERE name = 'config'");
  if (!row) return { config: DEFAULT_CONFIG, revision: 0 };
  const { revision = 0, ...config } = JSON.parse(row.body) as Partial<QueueConfig> & { readonly revision?: number };
  return { config: { ...DEFAULT_CONFIG, ...config }, revision };
}

export const loadConfig = (sql: SqlDriver): QueueConfig => loadSettings(sql).config;

export function saveConfig(sql: SqlDriver, config: QueueConfig, revision = 0): void {
  sql.all(
    "INSERT INTO state (name, body) VALUES ('config', ?1) ON CONFLICT (name) DO UPDATE SET body = excluded.body",
    JSON.stringify({ ...config, revision }),
  );
}

/** Merges a change in. What brings a deadline nearer takes effect at once, by a look at what is due. */
export function configure(tx: Tx, change: ConfigChange): QueueConfig {
  const config = changed(tx.config, change);
  saveConfig(tx.sql, config, loadSettings(tx.sql).revision + 1);
  if (change.retention) restartRetention(tx);
  if (change.orphanAfterMs !== undefined) tx.journal.wake(tx.now);
  return config;
}

/**
 * Takes over settings of another partition, if they are newer than what is here.
 *
 * @returns them, or `null` when there is nothing new
 */
export function takeSettings(tx: Tx, { config, revision }: Settings): QueueConfig | null {
  if (revision <= loadSettings(tx.sql).revision) return null;
  const { retention, orphanAfterMs } = tx.config;
  saveConfig(tx.sql, config, revision);
  if (config.retention.doneMs !== retention.doneMs || config.retention.killedMs !== retention.killedMs)
    restartRetention(tx);
  if (config.orphanAfterMs !== orphanAfterMs) tx.journal.wake(tx.now);
  return config;
}
