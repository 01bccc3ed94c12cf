/** Sessions, and what they hold in segments and in rows. */

import * as present from "../../../src/store/sessions.ts";
import type { Tx } from "../../../src/store/tx.ts";
import { isLeased } from "./segment.ts";
import { leasedSegments } from "./shelf.ts";

export {
  allSessions,
  deleteSession,
  insertSession,
  namedSession,
  presentSession,
  type SessionRow,
  sessionById,
  sessionByToken,
  sessionsBefore,
  sessionToken,
  writeSession,
} from "../../../src/store/sessions.ts";

type Reading = Pick<Tx, "sql" | "tally">;

interface Held {
  readonly seq: number;
  readonly holder: number;
  readonly status: 1 | 2 | 3;
}

function* heldInSegments(tx: Reading): Generator<Held> {
  for (const segment of leasedSegments(tx)) {
    for (const [index, slot] of segment.slots.entries()) {
      if (isLeased(slot)) yield { seq: segment.first + index, holder: slot.holder, status: slot.status };
    }
  }
}

export function holders(tx: Reading): present.SessionRow[] {
  const counts = leaseCounts(tx);
  return present.allSessions(tx).filter((session) => counts.has(session.id));
}

export function leaseCounts(tx: Reading): Map<number, number> {
  const counts = present.leaseCounts(tx);
  for (const { holder } of heldInSegments(tx)) counts.set(holder, (counts.get(holder) ?? 0) + 1);
  return counts;
}

export const openLeases = (tx: Reading, session: number): number => leaseCounts(tx).get(session) ?? 0;

export const holdsLeases = (tx: Reading, session: number): boolean =>
  present.holdsLeases(tx, session) || heldInSegments(tx).some(({ holder }) => holder === session);

export function leasesOf(tx: Reading, session: number, status: 1 | 2 | null, limit: number): number[] {
  const seqs = present.leasesOf(tx, session, status, limit);
  for (const held of heldInSegments(tx)) {
    if (held.holder === session && (status === null || held.status === status)) seqs.push(held.seq);
  }
  return seqs.sort((a, b) => a - b).slice(0, limit);
}
