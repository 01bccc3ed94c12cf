/** The settings of a queue: one row, read at the start, changed by patches. */

import { DEFAULT_CONFIG, type QueueConfig } from "../task/task.ts";
import type { SqlDriver } from "./driver.ts";


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
