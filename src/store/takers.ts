/** Who may be given tasks, and how a batch is shared among them. */

import type { FullRow } from "./rows.ts";

/** A session with room for tasks: a worker's socket, or a poll. */
export interface Taker {
  /** The session's number. */
  readonly session: number;
  readonly worker: string;
  readonly autoStart: boolean;
  /** How many tasks it may be given. */
  readonly room: number;
}

/** Tasks that were leased, by taker, in the order in which they should run. */
export type Deliveries<T extends Taker> = Map<T, FullRow[]>;

/**
 * Deals round robin, in the order given, to those that have room.
 *
 * @returns a pair for each task that found a taker, in the order of the tasks
 */
export function deal<T extends Taker, I>(items: readonly I[], takers: readonly T[]): [I, T][] {
  const dealt: [I, T][] = [];
  let round = takers.map((taker) => ({ taker, room: taker.room })).filter((seat) => seat.room > 0);
  let next = 0;
  for (const item of items) {
    const seat = round[next];
    if (!seat) break;
    dealt.push([item, seat.taker]);
    seat.room--;
    next++;
    if (next >= round.length) {
      round = round.filter((one) => one.room > 0);
      next = 0;
    }
  }
  return dealt;
}

/** All the room there is. */
export const roomOf = (takers: readonly Taker[]): number => takers.reduce((sum, taker) => sum + taker.room, 0);
