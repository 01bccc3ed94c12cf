/** The store's port on `node:sqlite`, for tests and for single processes. */

import { DatabaseSync, type StatementSync } from "node:sqlite";
import { type SqlDriver, type SqlValue, settled } from "./driver.ts";

/**
 * @param path a file, or `:memory:`
 */
export function nodeDriver(path: string): SqlDriver & { close(): void } {
  const database = new DatabaseSync(path);
  // As the edge does it: a write-ahead log, and every commit on the disk before it is answered.
  database.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL");
  const statements = new Map<string, StatementSync>();
  let depth = 0;
  let rowsWritten = 0;

  function prepared(text: string): StatementSync {
    const known = statements.get(text);
    if (known) return known;
    const statement = database.prepare(text);
    statements.set(text, statement);
    return statement;
  }

  return {
    all<R extends object>(text: string, ...parameters: readonly SqlValue[]): R[] {
      const before = changes();
      const rows = prepared(text).all(...parameters);
      rowsWritten += changes() - before;
      return rows as R[];
    },
    script(text: string): void {
      database.exec(text);
    },
    transaction<T>(body: () => T): T {
      const name = `level${depth}`;
      database.exec(depth === 0 ? "BEGIN IMMEDIATE" : `SAVEPOINT ${name}`);
      depth++;
      try {
        const value = settled(body());
        depth--;
        database.exec(depth === 0 ? "COMMIT" : `RELEASE ${name}`);
        return value;
      } catch (error) {
        depth = Math.max(0, Number(name.slice(5)));
        database.exec(depth === 0 ? "ROLLBACK" : `ROLLBACK TO ${name}; RELEASE ${name}`);
        throw error;
      }
    },
    get rowsWritten() {
      return rowsWritten;
    },
    close: () => database.close(),
  };

  // SQLite counts rows of tables here, not of indexes: budgets are asserted on the other adapter.
  function changes(): number {
    const row = prepared("SELECT total_changes() AS n").get();
    return Number(row?.n ?? 0);
  }
}
