/** What happened lately in a queue: counted in slots of ten seconds, and in days. */

/** Events of ten seconds. */
export interface Slot {
  /** Which ten seconds: ms since the epoch / 10,000. */
  readonly slot: number;
  pushed: number;
  done: number;
  failed: number;
  killed: number;
}

export interface Activity {
  /** The last minute, oldest first. */
  recent: Slot[];
  /** Pushes per UTC day, oldest first, days without any left out. */
  days: { readonly day: number; pushed: number }[];
}

const SLOT_MS = 10_000;
const SLOTS = 6;
const DAY_MS = 86_400_000;
const DAYS = 7;

/** The slot of the present ten seconds, which pushes the oldest out. */
export function slotAt(activity: Activity, now: number): Slot {
  const slot = Math.floor(now / SLOT_MS);
  const last = activity.recent.at(-1);
  // After a clock that went back, the last slot stands in until time has caught up.
  if (last && last.slot >= slot) return last;
  const fresh: Slot = { slot, pushed: 0, done: 0, failed: 0, killed: 0 };
  activity.recent = [...activity.recent.filter((old) => old.slot > slot - SLOTS), fresh];
  return fresh;
}

export function countDay(activity: Activity, now: number, pushed: number): void {
  const day = Math.floor(now / DAY_MS);
  const last = activity.days.at(-1);
  if (last && last.day >= day) last.pushed += pushed;
  else activity.days = [...activity.days.filter((old) => old.day > day - DAYS), { day, pushed }];
}

/** Per second, over the last minute. */
export function ratesAt(
  { recent }: Activity,
  now: number,
): { pushed: number; done: number; failed: number; killed: number } {
  const slot = Math.floor(now / SLOT_MS);
  const live = recent.filter((one) => one.slot > slot - SLOTS);
  const rate = (of: (one: Slot) => number) => live.reduce((sum, one) => sum + of(one), 0) / ((SLOTS * SLOT_MS) / 1000);
  return {
    pushed: rate((one) => one.pushed),
    done: rate((one) => one.done),
    failed: rate((one) => one.failed),
    killed: rate((one) => one.killed),
  };
}

/** Pushes of the last seven UTC days, oldest first, today last. */
export function activityAt({ days }: Activity, now: number): number[] {
  const today = Math.floor(now / DAY_MS);
  return Array.from({ length: DAYS }, (_, i) => days.find((one) => one.day === today - (DAYS - 1) + i)?.pushed ?? 0);
}
