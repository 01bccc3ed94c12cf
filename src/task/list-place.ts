/** Places in a list over several partitions, and their cursors. */

import { fail, ok, type Result } from "./result.ts";

/** Of a task, or of the last one looked at: its time, its partition, its sequence there, as its id has them. */
export interface ListPlace {
  readonly ms: number;
  readonly partition: number;
  readonly seq: number;
}

type Order = "newest" | "oldest";

/** Whether `a` comes after `b` in the list. */
export function isBehind(a: ListPlace, b: ListPlace, order: Order): boolean {
  const distance = a.ms - b.ms || a.partition - b.partition || a.seq - b.seq;
  return order === "newest" ? distance < 0 : distance > 0;
}

export const formatPlace = ({ ms, partition, seq }: ListPlace, order: Order): string =>
  `${order === "oldest" ? "o" : "n"}.${ms}.${partition}.${seq}`;

/** @returns the place, or `bad_request` when the cursor is none of a list in this order over several partitions */
export function parsePlace(cursor: string, order: Order): Result<ListPlace> {
  const match = /^([no])\.(\d{1,16})\.(\d{1,4})\.(\d{1,13})$/.exec(cursor);
  if (match === null) return refused("`cursor` must be the `nextCursor` of a page before, as it was given.");
  if ((match[1] === "o") !== (order === "oldest")) return refused("`cursor` belongs to a list of the other `order`.");
  return ok({ ms: Number(match[2]), partition: Number(match[3]), seq: Number(match[4]) });
}

const refused = (detail: string) => fail("bad_request", detail, { path: "cursor" });
