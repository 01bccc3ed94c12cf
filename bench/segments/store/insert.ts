/** Writes new tasks: what is plain into segments, all else into rows of its own. */

import type { InsertRow } from "../../../src/store/insert.ts";
import * as present from "../../../src/store/insert.ts";
import { IN_LINE } from "../../../src/store/place.ts";
import { sessionById } from "../../../src/store/sessions.ts";
import type { Tx } from "../../../src/store/tx.ts";
import { CUT } from "./cuts.ts";
import { type Cell, encodeTemplates, RANDOM_DIGITS, Segment, type SegmentRow, type Template } from "./segment.ts";
import { saveSegment } from "./shelf.ts";
import { tallyOf } from "./tally.ts";

export { type InsertRow, insertedRow } from "../../../src/store/insert.ts";

export function insertRows(tx: Tx, createdAt: number, rows: readonly InsertRow[]): void {
  const special: InsertRow[] = [];
  let piece: InsertRow[] = [];
  let size = 0;
  const cut = () => {
    const [first] = piece;
    // A segment of one that is leased already is two rows, where its own row is one.
    if (first && piece.length === 1 && first.lease !== null) special.push(first);
    else if (first) shelve(tx, createdAt, piece, size);
    piece = [];
    size = 0;
  };
  for (const row of rows) {
    const plain = isPlain(tx, row);
    const last = piece.at(-1);
    const follows = last === undefined || last.seq + 1 === row.seq;
    if (!plain || !follows || piece.length >= CUT.tasks || size + sizeOf(row) > CUT.size) cut();
    if (plain) {
      piece.push(row);
      size += sizeOf(row);
    } else special.push(row);
  }
  cut();
  if (special.length > 0) present.insertRows(tx, createdAt, special);
}

/** UTF-16 units of what may be large. */
const sizeOf = ({ args, meta }: InsertRow): number => args.length + (meta?.length ?? 0);

/** Segments hold what is claimed in the order in which it came, and is small. */
function isPlain(tx: Tx, row: InsertRow): boolean {
  if (row.key !== null || row.priority !== 0 || row.args.length > CUT.args) return false;
  if (row.lease === null && row.place !== IN_LINE) return false;
  return row.runAt === tx.now && row.runAt >= tallyOf(tx).lastRunAt;
}

function templateOf(row: InsertRow, createdAt: number): Template {
  const { runAt, maxAttempts, timeoutMs, backoff, groupKey, codec, meta } = row;
  // The columns of a table would refuse it: JSON takes any number.
  if (!Number.isSafeInteger(maxAttempts) || !Number.isSafeInteger(timeoutMs ?? 0)) {
    throw new TypeError(`task ${row.seq} has a number that is not whole`);
  }
  return [createdAt, runAt, maxAttempts, timeoutMs, backoff, groupKey, codec, meta];
}

const INSERT = "INSERT INTO segment (first, n, templates, randoms, lengths, args) VALUES (?1, ?2, ?3, ?4, ?5, ?6)";

const APPEND = `
  UPDATE segment SET n = n + ?2, templates = templates || ',' || ?3, randoms = randoms || ?4, lengths = lengths || ?5,
    args = args || ?6
  WHERE first = ?1`;

function shelve(tx: Tx, createdAt: number, rows: readonly InsertRow[], size: number): void {
  const [first] = rows;
  if (!first) return;
  const tally = tallyOf(tx);
  const row: SegmentRow & { lengths: string; args: string } = {
    first: first.seq,
    n: rows.length,
    templates: encodeTemplates(rows.map((one) => templateOf(one, createdAt))),
    randoms: rows.map((one) => one.random.toString(36).padStart(RANDOM_DIGITS, "0")).join(""),
    lengths: rows.map((one) => `${one.args.length},`).join(""),
    args: rows.map((one) => one.args).join(""),
    slots: null,
  };
  tally.lastRunAt = first.runAt;
  const waiting = rows.find((one) => one.lease === null);
  if (waiting) tally.head ??= waiting.seq;
  const tail = waiting === first ? growable(tx, first.seq, rows.length, size) : null;
  const { n, templates, randoms, lengths, args } = row;
  tx.sql.all(tail ? APPEND : INSERT, tail?.first ?? row.first, n, templates, randoms, lengths, args);
  tally.tail = tail ? { first: tail.first, n: tail.n + n, size: tail.size + size } : { first: row.first, n, size };
  if (rows.some((one) => one.lease !== null)) lease(tx, new Segment(row), rows);
}

/** The last segment, when these may be added to it. */
function growable(tx: Tx, seq: number, n: number, size: number) {
  const { tail } = tallyOf(tx);
  if (!tail || tail.first + tail.n !== seq) return null;
  return tail.n + n <= CUT.grownTasks && tail.size + size <= CUT.grownSize ? tail : null;
}

/** Some were delivered in their push. */
function lease(tx: Tx, segment: Segment, rows: readonly InsertRow[]): void {
  const workers = new Map<number, string>();
  for (const [index, row] of rows.entries()) {
    if (row.holder === null) continue;
    const worker = workers.get(row.holder) ?? sessionById(tx, row.holder)?.worker ?? "";
    workers.set(row.holder, worker);
    segment.slots[index] = cellOf(row, row.holder, worker);
  }
  saveSegment(tx, segment);
}

const cellOf = (row: InsertRow, holder: number, worker: string): Cell => ({
  status: row.status === 1 ? 1 : 2,
  revision: 1,
  token: row.lease ?? 0,
  holder,
  worker,
  lockAt: row.lockAt ?? 0,
  startedAt: row.startedAt,
  doneAt: null,
});
