/** The settings of a queue: one row, read at the start, changed by patches. */

import { type ConfigChange, changed } from "../task/config.ts";
import { DEFAULT_CONFIG, type QueueConfig } from "../task/task.ts";
import type { SqlDriver } from "./driver.ts";
import type { Tx } from "./tx.ts";
import { restartRetention } from "./vacuum.ts";

export function loadConfig(sql: SqlDriver): QueueConfig {
  const [row] = sql.all<{ body: string }>("SELECT body FROM state WHERE name = 'config'");
  return row ? { ...DEFAULT_CONFIG, ...(JSON.parse(row.body) as Partial<QueueConfig>) } : DEFAULT_CONFIG;
}

export function saveConfig(sql: SqlDriver, config: QueueConfig): void {
  sql.all(
    "INSERT INTO state (name, body) VALUES ('config', ?1) ON CONFLICT (name) DO UPDATE SET body = excluded.body",
    JSON.stringify(config),
  );
}

/** Merges a change in. What brings a deadline nearer takes effect at once, by a look at what is due. */
export function configure(tx: Tx, change: ConfigChange): QueueConfig {
  const config = changed(tx.config, change);
  saveConfig(tx.sql, config);
  if (change.retention) restartRetention(tx);
  if (change.orphanAfterMs !== undefined) tx.journal.wake(tx.now);
  return config;
}
