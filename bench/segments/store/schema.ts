/** The tables of the present layout, and beside them two for segments. */

import type { SqlDriver } from "../../../src/store/driver.ts";
import * as present from "../../../src/store/schema.ts";

export { isOpened } from "../../../src/store/schema.ts";

/**
 * - `segment` is what was pushed, and costs no index: its tasks are found by `first`.
 * - `segment_state` is what became of its tasks: one row that is written whole. It is not there before the first claim.
 *   What is short stands first, so that a look at who holds leases reads one page a row.
 */
const SEGMENTS = `
  CREATE TABLE segment (
    first INTEGER PRIMARY KEY,
    n INTEGER NOT NULL,
    templates TEXT NOT NULL,
    randoms TEXT NOT NULL,
    lengths TEXT NOT NULL,
    args TEXT NOT NULL
  ) STRICT;
  CREATE TABLE segment_state (
    first INTEGER PRIMARY KEY,
    leased INTEGER NOT NULL,
    slots TEXT NOT NULL,
    kept TEXT NOT NULL,
    results TEXT NOT NULL
  ) STRICT`;

export function migrate(sql: SqlDriver, migrations?: readonly string[]): void {
  if (migrations) {
    present.migrate(sql, migrations);
    return;
  }
  present.migrate(sql);
  const made = sql.all("SELECT 1 FROM sqlite_master WHERE name = 'segment'").length > 0;
  if (!made) sql.script(SEGMENTS);
}

export const dropTables = present.dropTables;
