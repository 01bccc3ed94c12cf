/** list: pages of tasks, newest first unless asked otherwise. */

import { DEFAULT_PAGE } from "../limits.ts";
import { formatCursor, parseCursor } from "../task/cursor.ts";
import { ok, type Result } from "../task/result.ts";
import { withinAnswer } from "./cut.ts";
import { type FullRow, ROW_COLUMNS } from "./rows.ts";
import type { Tx } from "./tx.ts";
import { type Filter, type Step, walk } from "./walk.ts";

export interface ListInput extends Filter {
  readonly order?: "newest" | "oldest" | undefined;
  readonly limit?: number | undefined;
  readonly cursor?: string | undefined;
}

export interface Page {
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
  return tx.sql.all<FullRow>(
    `SELECT ${ROW_COLUMNS}, args FROM task WHERE seq IN (SELECT value FROM json_each(?1)) ORDER BY seq ${newest ? "DESC" : "ASC"}`,
    JSON.stringify(steps.map((step) => step.seq)),
  );
}

/** When a task was created, ms. */
export const createdAt = (tx: Pick<Tx, "sql">, seq: number): number | undefined =>
  tx.sql.all<{ created_at: number }>("SELECT created_at FROM task WHERE seq = ?1", seq)[0]?.created_at;
