/** The tables, as migrations that are only ever appended to. */

import type { SqlDriver } from "./driver.ts";

/**
 * One table for a task's whole life, and no index that a plain task enters twice:
 *
 * - `seq` is in the id, so by-id access needs no index.
 * - `place` says where a task stands: 0 in the scheduled index, 1 in the ready one, 2 in the line, which is the sequence
 *   itself (see `line.ts`), 3 among the leases that an index lists (see `span.ts`); NULL in none of them. Tasks of the future
 *   stand outside the ready index, or a claim would walk through all of them.
 * - An index is rewritten whenever a column is set that it or its predicate names: so none names `status` or `lease`, or a
 *   start would cost two rows.
 * - `task_unhappy` finds what people look for, and is entered by failures alone.
 * - `task_key` holds idempotency keys in the task's own row: one row written at push, none when the task goes.
 * - `args` come last: what stands before them is read without them.
 */
const MIGRATIONS: readonly string[] = [
  `
  CREATE TABLE task (
    seq INTEGER PRIMARY KEY,
    status INTEGER NOT NULL CHECK (status BETWEEN 0 AND 5),
    place INTEGER CHECK (place BETWEEN 0 AND 3),
    priority INTEGER NOT NULL,
    run_at INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    random INTEGER NOT NULL,
    attempt INTEGER NOT NULL CHECK (attempt BETWEEN 0 AND max_attempts),
    max_attempts INTEGER NOT NULL,
    strikes INTEGER NOT NULL DEFAULT 0,
    revision INTEGER NOT NULL DEFAULT 1,
    lease INTEGER,
    holder INTEGER,
    lock_at INTEGER,
    started_at INTEGER,
    deadline INTEGER,
    past_lease INTEGER,
    past_event TEXT,
    past_status INTEGER,
    done_at INTEGER,
    timeout_ms INTEGER,
    backoff TEXT,
    idem_key TEXT,
    idem_until TEXT,
    freed INTEGER,
    group_key TEXT,
    codec TEXT,
    progress TEXT,
    meta TEXT,
    runs TEXT,
    result TEXT,
    args TEXT NOT NULL,
    CHECK ((status IN (1, 2)) = (lease IS NOT NULL)),
    CHECK ((status IN (0, 4)) = (place IS NOT NULL AND place < 3)),
    CHECK (place IS NULL OR place < 3 OR lease IS NOT NULL),
    CHECK ((status IN (3, 5)) = (done_at IS NOT NULL))
  ) STRICT;
  CREATE INDEX task_ready ON task (priority DESC, run_at) WHERE place = 1;
  CREATE INDEX task_scheduled ON task (run_at) WHERE place = 0;
  CREATE INDEX task_leased ON task (holder) WHERE place = 3;
  CREATE INDEX task_unhappy ON task (status) WHERE status IN (4, 5);
  CREATE INDEX task_key ON task (idem_key, freed) WHERE idem_key IS NOT NULL;

  CREATE TABLE session (
    id INTEGER PRIMARY KEY,
    secret TEXT NOT NULL,
    worker TEXT NOT NULL,
    superseded INTEGER NOT NULL DEFAULT 0,
    started_at INTEGER NOT NULL,
    heard_at INTEGER NOT NULL,
    missing_at INTEGER,
    layers TEXT NOT NULL,
    info TEXT
  ) STRICT;
  CREATE UNIQUE INDEX session_worker ON session (worker) WHERE superseded = 0;

  -- One row each, of JSON: read at start, written whole.
  CREATE TABLE state (name TEXT PRIMARY KEY, body TEXT NOT NULL) STRICT, WITHOUT ROWID;
  `,
  "CREATE TABLE feed (slot INTEGER PRIMARY KEY, pos INTEGER NOT NULL, events TEXT NOT NULL) STRICT",
  // A hundred rows at most: they are read whole, and no index is worth its row at each tick.
  `
  CREATE TABLE schedule (
    name TEXT PRIMARY KEY,
    rule TEXT NOT NULL,
    task TEXT NOT NULL,
    args TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    next_at INTEGER,
    last_at INTEGER,
    last_task TEXT,
    ticks INTEGER NOT NULL DEFAULT 0,
    skipped INTEGER NOT NULL DEFAULT 0
  ) STRICT, WITHOUT ROWID;
  `,
];

/** Whether the database was ever written to. Asking creates nothing. */
export function isOpened(sql: SqlDriver): boolean {
  return sql.all("SELECT 1 FROM sqlite_master WHERE name = 'migration'").length > 0;
}

/** Brings the tables up to date. Call it inside the transaction of the first write, and at each start of a database in use. */
export function migrate(sql: SqlDriver, migrations: readonly string[] = MIGRATIONS): void {
  if (!isOpened(sql)) sql.script("CREATE TABLE migration (version INTEGER PRIMARY KEY) STRICT");
  const [row] = sql.all<{ version: number }>("SELECT coalesce(max(version), 0) AS version FROM migration");
  for (const [index, statements] of migrations.entries()) {
    const version = index + 1;
    if (version <= (row?.version ?? 0)) continue;
    sql.script(statements);
    sql.all("INSERT INTO migration (version) VALUES (?1)", version);
  }
}

/**
 * Removes every table, so that the queue reads as never used: also those of a newer version that was rolled back, which
 * would be in the way of the next upgrade. What begins with `_cf` is the platform's.
 */
export function dropTables(sql: SqlDriver): void {
  const all = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE '\\_cf%' ESCAPE '\\'";
  const names = sql.all<{ name: string }>(all).map(({ name }) => name);
  sql.script(names.map((name) => `DROP TABLE "${name}";`).join(""));
}
