/** list: pages of tasks, newest first unless asked otherwise. */

import { DEFAULT_PAGE } from "../limits.ts";
import { fail, ok, type Result } from "../task/result.ts";
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
  const newest = input.order !== "oldest";
  const cursor = cursorOf(input);
  if (!cursor.ok) return cursor;
  if (isEmpty(tx, input)) return ok({ rows: [] });
  const walked = walk(tx, input, newest, cursor.value, input.limit ?? DEFAULT_PAGE);
  const steps = withinAnswer(walked.steps);
  const next = steps.length < walked.steps.length ? (steps.at(-1)?.seq ?? null) : walked.cursor;
  const rows = rowsInOrder(tx, steps, newest);
  return ok(next === null ? { rows } : { rows, nextCursor: `${newest ? "n" : "o"}.${next}` });
}

/** The tally knows that there is none: no need to walk. */
const isEmpty = (tx: Pick<Tx, "tally">, { status }: ListInput): boolean =>
  status !== undefined && tx.tally.counts[status] === 0;

/**
 * Where a list goes on: behind this sequence, or at its beginning.
 *
 * @returns `bad_request` when the cursor is not one of this order
 */
export function cursorOf({ cursor, order }: Pick<ListInput, "cursor" | "order">): Result<number | null> {
  if (cursor === undefined) return ok(null);
  const match = /^([no])\.([1-9][0-9]{0,12})$/.exec(cursor);
  if (match?.[2] === undefined) {
    return fail("bad_request", "`cursor` must be the `nextCursor` of a page before, as it was given.", {
      path: "cursor",
    });
  }
  if ((match[1] === "o") !== (order === "oldest"))
    return fail("bad_request", "`cursor` belongs to a list of the other `order`.", { path: "cursor" });
  return ok(Number(match[2]));
}

function rowsInOrder(tx: Pick<Tx, "sql">, steps: readonly Step[], newest: boolean): FullRow[] {
  return tx.sql.all<FullRow>(
    `SELECT ${ROW_COLUMNS}, args FROM task WHERE seq IN (SELECT value FROM json_each(?1)) ORDER BY seq ${newest ? "DESC" : "ASC"}`,
    JSON.stringify(steps.map((step) => step.seq)),
  );
}
