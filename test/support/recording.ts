/** A driver that remembers what was asked of it. */

import type { SqlDriver, SqlValue } from "../../src/store/driver.ts";

export interface Call {
  readonly statement: string;
  readonly parameters: readonly SqlValue[];
}

/** Passes everything on to `sql`; `calls` has each statement, in order. */
export function recording(sql: SqlDriver): { readonly driver: SqlDriver; readonly calls: Call[] } {
  const calls: Call[] = [];
  const driver: SqlDriver = {
    all: <R extends object>(statement: string, ...parameters: readonly SqlValue[]) => {
      calls.push({ statement, parameters });
      return sql.all<R>(statement, ...parameters);
    },
    script: (statements) => sql.script(statements),
    transaction: (body) => sql.transaction(body),
    get rowsWritten() {
      return sql.rowsWritten;
    },
  };
  return { driver, calls };
}
