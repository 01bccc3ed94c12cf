/** check-status: what became of tasks, terminal or not. */

import { MAX_BODY_BYTES } from "../../../src/limits.ts";
import * as present from "../../../src/store/rows.ts";
import type { Tx } from "../../../src/store/tx.ts";
import { byteLength } from "../../../src/task/text.ts";
import { idOf, rowAt, seqOf, type TaskRow } from "./rows.ts";
import { type Place, placesOf } from "./shelf.ts";

interface StatusAnswer {
  /** In the order of the ids, each once. */
  readonly rows: TaskRow[];
  readonly unknown: string[];
  /** Ids whose results did not fit the answer: ask again with those. */
  readonly left: string[];
}

/** Looks at sizes first: a thousand results may be more than the memory holds. */
export function checkStatus(tx: Pick<Tx, "sql" | "partition">, ids: readonly string[]): StatusAnswer {
  const unique = [...new Set(ids)];
  const known = sizesById(tx, unique);
  const unknown = unique.filter((id) => !known.has(id));
  const taken: string[] = [];
  let bytes = 0;
  for (const [id, size] of known) {
    bytes += size.bytes;
    if (bytes > MAX_BODY_BYTES / 2) break;
    taken.push(id);
  }
  const left = [...known.keys()].slice(taken.length);
  return {
    rows: rowsOf(
      tx,
      taken.flatMap((id) => known.get(id) ?? []),
    ),
    unknown,
    left,
  };
}

/** What was read of a segment for the sizes is not read again. */
function rowsOf(tx: Pick<Tx, "sql">, sizes: readonly Size[]): TaskRow[] {
  const others = sizes.filter(({ place }) => !place).map(({ seq }) => seq);
  const rows = new Map(present.rowsBySeq(tx, others).map((row) => [row.seq, row]));
  return sizes.flatMap(({ seq, place }) => (place ? rowAt(place) : (rows.get(seq) ?? [])));
}

interface Size extends Pick<TaskRow, "seq" | "created_at" | "random"> {
  readonly bytes: number;
  readonly place?: Place;
}

const SIZES = `
  SELECT seq, created_at, random, coalesce(octet_length(result), 0) AS bytes FROM task
  WHERE seq IN (SELECT value FROM json_each(?1))`;

/** In the order of the ids; those that name no task are missing. */
function sizesById(tx: Pick<Tx, "sql" | "partition">, ids: readonly string[]): Map<string, Size> {
  const seqs = ids.flatMap((id) => seqOf(tx, id) ?? []);
  const placed = sizesInSegments(tx, seqs);
  const others = placed.length < seqs.length ? tx.sql.all<Size>(SIZES, JSON.stringify(seqs)) : [];
  const sizes = new Map([...placed, ...others].map((size) => [idOf(tx, size), size]));
  return new Map(ids.flatMap((id) => entryOf(sizes, id)));
}

function sizesInSegments(tx: Pick<Tx, "sql">, seqs: readonly number[]): Size[] {
  return [...placesOf(tx, seqs, "results")].map(([seq, place]) => {
    const { segment, index } = place;
    const bytes = byteLength(segment.result(index) ?? "");
    return { seq, created_at: segment.template(index)[0], random: segment.random(index), bytes, place };
  });
}

function entryOf(sizes: ReadonlyMap<string, Size>, id: string): [string, Size][] {
  const size = sizes.get(id);
  return size ? [[id, size]] : [];
}
