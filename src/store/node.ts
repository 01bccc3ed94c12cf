/** The store's port on `node:sqlite`, for tests and for single processes. */

import { DatabaseSync, type StatementSync } from "node:sqlite";
import { type SqlDriver, type SqlValue, settled } from "./driver.ts";

/** The port, and a transaction that others are savepoints in: it spans calls, and ends when it is told to. */
export interface NodeDriver extends SqlDriver {
  begin(): void;
  commit(): void;
  rollback(): void;
  /** Whether a transaction is open. A full disk may end one without being told to. */
  readonly isOpen: boolean;
  close(): void;
}

/**
 * A database for tests, as durable as at the edge: each commit is on the disk before it returns.
 *
 * @param path a file, or `:memory:`
 */
export function nodeDriver(path: string): NodeDriver {
  const database = new DatabaseSync(path);
  database.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL");
  return driverOf(database);
}

export function driverOf(database: DatabaseSync): NodeDriver {
  const statements = new Map<string, StatementSync>();
  let depth = 0;

  function prepared(text: string): StatementSync {
    const known = statements.get(text);
    if (known) return known;
    const statement = database.prepare(text);
    statements.set(text, statement);
    return statement;
  }
  const run = (text: string): void => {
    prepared(text).run();
  };

  function begin(): void {
    run("BEGIN IMMEDIATE");
    depth = 1;
  }

  function commit(): void {
    run("COMMIT");
    depth = 0;
  }

  function rollback(): void {
    depth = 0;
    if (database.isTransaction) run("ROLLBACK");
  }

  function savepoint<T>(body: () => T): T {
    const name = `level${depth}`;
    run(`SAVEPOINT ${name}`);
    depth++;
    try {
      const value = settled(body());
      run(`RELEASE ${name}`);
      return value;
    } catch (error) {
      if (database.isTransaction) {
        run(`ROLLBACK TO ${name}`);
        run(`RELEASE ${name}`);
      }
      throw error;
    } finally {
      depth--;
    }
  }

  function outermost<T>(body: () => T): T {
    begin();
    try {
      const value = settled(body());
      commit();
      return value;
    } catch (error) {
      rollback();
      throw error;
    }
  }

  return {
    all: <R extends object>(text: string, ...parameters: readonly SqlValue[]): R[] =>
      prepared(text).all(...parameters) as R[],
    script: (text) => database.exec(text),
    transaction: (body) => (depth === 0 ? outermost(body) : savepoint(body)),
    begin,
    commit,
    rollback,
    get isOpen() {
      return database.isTransaction;
    },
    // SQLite counts rows of tables here, not of indexes: budgets are asserted on the other adapter.
    get rowsWritten() {
      return Number(prepared("SELECT total_changes() AS n").get()?.n ?? 0);
    },
    close: () => database.close(),
  };
}
