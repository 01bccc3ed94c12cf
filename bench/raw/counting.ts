/** The store's port on a Durable Object, which counts the rows that it reads. */

import type { SqlDriver } from "../../src/store/driver.ts";
import { durableDriver } from "../../src/store/durable.ts";

export type Storage = Pick<DurableObjectStorage, "sql" | "transactionSync">;

export interface CountingDriver extends SqlDriver {
  /** Rows read since it was made, of tables and of indexes. */
  readonly rowsRead: number;
}

export function countingDriver(storage: Storage): CountingDriver {
  let rowsRead = 0;
  let last: SqlStorageCursor<Record<string, SqlStorageValue>> | undefined;
  // A cursor knows what it read once all is read: each is asked when the next one is opened.
  const settle = (next?: typeof last) => {
    rowsRead += last?.rowsRead ?? 0;
    last = next;
  };
  const exec = (statement: string, ...parameters: (string | number | null)[]) => {
    settle();
    last = storage.sql.exec(statement, ...parameters);
    return last;
  };
  const driver = durableDriver({
    sql: { exec } as unknown as SqlStorage,
    transactionSync: (body) => storage.transactionSync(body),
  });
  return {
    all: (statement, ...parameters) => driver.all(statement, ...parameters),
    script: (statements) => driver.script(statements),
    transaction: (body) => driver.transaction(body),
    get rowsWritten() {
      return driver.rowsWritten;
    },
    get rowsRead() {
      settle();
      return rowsRead;
    },
  };
}
