/** How many partitions of the queue take keys: fixed at its first use. No row stands for one. */

import type { SqlDriver } from "./driver.ts";

export function loadKeyed(sql: SqlDriver): number {
  const [row] = sql.all<{ body: string }>("SELECT body FROM state WHERE name = 'keyed'");
  return row ? Number(row.body) : 1;
}

/** Writes it down, once. */
export function saveKeyed(sql: SqlDriver, keyed: number): void {
  if (keyed !== 1) sql.all("INSERT INTO state (name, body) VALUES ('keyed', ?1)", String(keyed));
}
