/** list: pages of tasks, newest first unless asked otherwise. */

import { DEFAULT_PAGE } from "../../../src/limits.ts";
import { withinAnswer } from "../../../src/store/cut.ts";
import type { Tx } from "../../../src/store/tx.ts";
import { formatCursor, parseCursor } from "../../../src/task/cursor.ts";
import { ok, type Result } from "../../../src/task/result.ts";
import { type FullRow, fullRowAt, ROW_COLUMNS, rowsBySeq } from "./rows.ts";
import { placesOf } from "./shelf.ts";
import { type Filter, type Step, walk } from "./walk.ts";

export interface ListInput extends Filter {
  readonly order?: "newest" | "oldest" | undefined;
  readonly limit?: number | undefined;
  readonly cursor?: string | undefined;
}

interface Page {
  readonly rows: FullRow[];
  /** Its lack alone ends the list: a page may be short, even empty. */
  readonly nextCursor?: string;
}

/**
 * @returns a page of at most `limit` rows and 8 MiB; `bad_request` when the cursor is not one of this order
 */
export function list(tx: Pick<Tx, "sql" | "tally" | "partition">, input: ListInput): Result<Page> {
  const { order = "newest" } = input;
  const newest = order === "newest";
  const cursor = parseCursor(input.cursor, order);
  if (!cursor.ok) return cursor;
  if (isEmpty(tx, input)) return ok({ rows: [] });
  const walked = walk(tx, input, newest, cursor.value, input.limit ?? DEFAULT_PAGE);
  const steps = withinAnswer(walked.steps);
  const next = steps.length < walked.steps.length ? (steps.at(-1)?.seq ?? null) : walked.cursor;
  const rows = rowsInOrder(tx, steps, newest);
  return ok(next === null ? { rows } : { rows, nextCursor: formatCursor(order, next) });
}

/** The tally knows that there is none: no need to walk. */
const isEmpty = (tx: Pick<Tx, "tally">, { status }: ListInput): boolean =>
  status !== undefined && tx.tally.counts[status] === 0;

function rowsInOrder(tx: Pick<Tx, "sql">, steps: readonly Step[], newest: boolean): FullRow[] {
  const seqs = steps.map((step) => step.seq);
  const places = placesOf(tx, seqs, "all");
  const others = tx.sql.all<FullRow>(
    `SELECT ${ROW_COLUMNS}, args FROM task WHERE seq IN (SELECT value FROM json_each(?1))`,
    JSON.stringify(seqs.filter((seq) => !places.has(seq))),
  );
  const rows = [...[...places.values()].map(fullRowAt), ...others];
  return rows.sort((a, b) => (newest ? b.seq - a.seq : a.seq - b.seq));
}

/** When a task was created, ms. */
export const createdAt = (tx: Pick<Tx, "sql">, seq: number): number | undefined => rowsBySeq(tx, [seq])[0]?.created_at;
