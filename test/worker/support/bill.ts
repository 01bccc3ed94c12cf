/** What an object pays: rows by table, and alarms, counted at the port to its storage. For tests inside workerd. */

import { runInDurableObject } from "cloudflare:test";

export interface Bill {
  /** Rows of tasks and of their indexes. */
  task: number;
  session: number;
  /** The tally and the settings. */
  state: number;
  alarms: number;
}

const NOTHING: Bill = { task: 0, session: 0, state: 0, alarms: 0 };

/** Which line of the bill a statement is on, by the table that it writes. */
function lineOf(statement: string): "task" | "session" | "state" {
  const table = /^\s*(?:INSERT INTO|UPDATE|DELETE FROM)\s+(task|session|state)\b/.exec(statement)?.[1];
  return table === "session" || table === "state" ? table : "task";
}

/**
 * Counts from now on.
 *
 * @returns what was paid since it was last asked
 */
export async function billOf(stub: DurableObjectStub): Promise<() => Bill> {
  let bill = { ...NOTHING };
  await runInDurableObject(stub, (_instance, { storage }) => {
    const { sql } = storage;
    const exec = sql.exec.bind(sql);
    const setAlarm = storage.setAlarm.bind(storage);
    Object.assign(sql, {
      exec: (statement: string, ...parameters: unknown[]) => {
        const cursor = exec(statement, ...parameters);
        const raw = cursor.raw.bind(cursor);
        return Object.assign(cursor, {
          // Rows are known to be written once all are read.
          raw: () => {
            const rows = [...raw()];
            bill[lineOf(statement)] += cursor.rowsWritten;
            return rows.values();
          },
        });
      },
    });
    Object.assign(storage, {
      setAlarm: (at: number) => {
        bill.alarms++;
        return setAlarm(at);
      },
    });
  });
  return () => {
    const paid = bill;
    bill = { ...NOTHING };
    return paid;
  };
}
