/** What becomes of a task, by its mark: the same whoever runs it. */

import { setTimeout as sleep } from "node:timers/promises";
import type { DurableBackend } from "../../src/client/index.ts";
import type { Dice } from "../support/dice.ts";
import type { Value } from "./history.ts";

export interface Args {
  readonly mark: number;
}

export type Backend = DurableBackend<Args, Value>;

export type Fate =
  | { readonly type: "ok"; readonly value: Value }
  | { readonly type: "err"; readonly retry: { readonly retryAfterMs?: number } }
  | { readonly type: "abort" }
  | { readonly type: "snooze"; readonly delayMs: number };

/** Tasks that were put off already. */
export class Snoozed {
  readonly #marks = new Set<number>();

  /** True once for each. */
  first(mark: number): boolean {
    const isFirst = !this.#marks.has(mark);
    this.#marks.add(mark);
    return isFirst;
  }
}

/** One in twenty fails at first, one in twenty is put off at first, one in fifty is given up; all others succeed. */
export function fateOf(mark: number, attempt: number, lease: string, snoozed: Snoozed): Fate {
  if (mark % 50 === 7) return { type: "abort" };
  if (mark % 20 === 3 && attempt === 1) return { type: "err", retry: mark % 40 === 3 ? {} : { retryAfterMs: 20 } };
  if (mark % 20 === 11 && snoozed.first(mark)) return { type: "snooze", delayMs: 50 };
  return { type: "ok", value: { mark, lease } };
}

const LONGEST_MS = 25;

/** The work itself. */
export const work = (dice: Dice): Promise<void> => sleep(dice.below(LONGEST_MS));
