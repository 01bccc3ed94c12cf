/** How a worker's credit is spread over the partitions of a queue: a pure function of what each of them has and says. */

/** A partition, as its feed sees it. */
export interface Part {
  /** Tasks of it that are here, and credit that is out there. */
  readonly load: number;
  /** Credit that is out there and can be used. */
  readonly granted: number;
  /** Nothing could be claimed when it last looked. */
  readonly isDry: boolean;
  /** It has no socket now. */
  readonly isBroken: boolean;
}

export interface Shares {
  /** How much of each may be here and out there; what is above its load can be granted. */
  readonly most: readonly number[];
  /** Those who have nothing to claim give up what they have above that, so that others have some; nothing when none needs it. */
  readonly keep: number | undefined;
  /** Where the next turn begins, when all are alike. */
  readonly turn: number;
}

/**
 * What is free goes to those who may have tasks, to whoever has least, and evenly where they are alike; to all when none
 * has any. But first one goes to each that has nothing: it is to be heard when it has. All together never have more than
 * the worker has room for.
 *
 * @param room how many tasks the worker takes at a time, those that wait here included
 * @param turn where the last one ended
 */
export function sharesOf(room: number, parts: readonly Part[], turn: number): Shares {
  const open = parts.filter(({ isBroken }) => !isBroken);
  const hungry = open.filter(({ isDry }) => !isDry);
  const takers = hungry.length > 0 ? hungry : open;
  const keep = Number(room >= open.length);
  const most = parts.map(({ load }) => load);
  let free = takers.length > 0 ? room - most.reduce((sum, load) => sum + load, 0) : 0;
  for (const [at, { load, granted, isDry, isBroken }] of parts.entries()) {
    if (free < keep || !isDry || isBroken || granted > 0) continue;
    most[at] = load + keep;
    free -= keep;
  }
  let next = turn;
  while (free > 0) {
    const given = Math.max(1, Math.floor(free / takers.length));
    const to = leastOf(parts, most, next, takers);
    most[to] = (most[to] ?? 0) + given;
    free -= given;
    next = (to + 1) % parts.length;
  }
  const isStarved = parts.some((part, at) => hungry.includes(part) && part.granted === 0 && most[at] === part.load);
  return { most, turn: next, keep: isStarved ? keep : undefined };
}

function leastOf(parts: readonly Part[], most: readonly number[], from: number, takers: readonly Part[]): number {
  let least = -1;
  for (let step = 0; step < parts.length; step++) {
    const at = (from + step) % parts.length;
    if (!takers.includes(parts[at] as Part)) continue;
    if (least < 0 || (most[at] ?? 0) < (most[least] ?? 0)) least = at;
  }
  return least;
}
