/** Opens a file as the store of a queue. */

import type { Chance } from "../task/chance.ts";
import type { Soon } from "./group-commit.ts";
import { type FileOptions, openFile } from "./open.ts";
import { QueueFile } from "./queue-file.ts";
import { SqliteStore } from "./store.ts";

interface StoreOptions extends FileOptions {
  readonly soon: Soon;
  /** ms since the epoch. */
  readonly now: number;
  readonly chance?: Chance | undefined;
}

export function openStore(queue: string, { soon, now, chance, ...file }: StoreOptions): SqliteStore {
  const sql = openFile(queue, file);
  try {
    return new SqliteStore(new QueueFile(queue, sql, soon, chance), now);
  } catch (error) {
    sql.close();
    throw error;
  }
}
