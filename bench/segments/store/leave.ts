/** A task leaves its segment for a row of its own, because something happens to it that is not plain. */

import { jsonChunks } from "../../../src/store/chunks.ts";
import type { SqlValue } from "../../../src/store/driver.ts";
import type { FullRow } from "../../../src/store/rows.ts";
import type { Tx } from "../../../src/store/tx.ts";
import { fullRowAt, type PlacedRow } from "./rows.ts";
import { type Place, placesOf } from "./shelf.ts";

const COLUMNS = [
  "seq",
  "status",
  "place",
  "priority",
  "run_at",
  "created_at",
  "random",
  "attempt",
  "max_attempts",
  "strikes",
  "revision",
  "lease",
  "holder",
  "lock_at",
  "started_at",
  "deadline",
  "past_lease",
  "past_event",
  "past_status",
  "done_at",
  "timeout_ms",
  "backoff",
  "group_key",
  "codec",
  "progress",
  "meta",
  "runs",
  "result",
  "args",
] as const satisfies readonly (keyof FullRow | "place")[];

const INSERT = `INSERT INTO task (${COLUMNS.join(", ")})
  SELECT ${COLUMNS.map((_, i) => `value ->> ${i}`).join(", ")} FROM jsonb_each(?1)`;

type Changes = { readonly place: SqlValue } & Partial<Record<(typeof COLUMNS)[number], SqlValue>>;

/** Writes the rows. That they have left is for the caller to mark. */
export function leave(tx: Tx, leaving: readonly (readonly [PlacedRow, Changes])[]): void {
  const places = placesOf(
    tx,
    leaving.map(([row]) => row.seq),
    "all",
  );
  const encoded = leaving.map(([{ seq }, changes]) => {
    const row: Readonly<Record<string, SqlValue | Place>> = { ...fullRowAt(places.get(seq) as Place), ...changes };
    return JSON.stringify(COLUMNS.map((column) => row[column] ?? null));
  });
  for (const chunk of jsonChunks(encoded)) tx.sql.all(INSERT, chunk);
}
