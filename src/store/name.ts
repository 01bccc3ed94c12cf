/** The name of the queue, kept in the database where the place of that does not tell it. */

import type { SqlDriver } from "./driver.ts";

/** Answers the name that the database has; one that has none takes this. */
export function nameOf(sql: SqlDriver, queue: string): string {
  sql.all("INSERT INTO state (name, body) VALUES ('queue', ?1) ON CONFLICT (name) DO NOTHING", JSON.stringify(queue));
  const [row] = sql.all<{ body: string }>("SELECT body FROM state WHERE name = 'queue'");
  return row ? String(JSON.parse(row.body)) : queue;
}
