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
  /** Those who give their credit up, so that it can be spread anew. */
  readonly recalled: readonly Part[];
  /** Where the next turn begins, when all are alike. */
  readonly turn: number;
}

/**
 * What is free goes to those who may have tasks, to whoever has least; and when one of them gets nothing, those who have no
 * tasks give up what they have. When none has any, each is to have one, so that it is heard when it has. All together never
 * have more than the worker has room for.
 *
 * @param room how many tasks the worker takes at a time, those that wait here included
 * @param turn where the last one ended
 */
export function sharesOf(room: number, parts: readonly Part[], turn: number): Shares {
  const open = parts.filter(({ isBroken }) => !isBroken);
  const hungry = open.filter(({ isDry }) => !isDry);
  const most = parts.map(({ load }) => load);
  const got = (part: Part) => (most[parts.indexOf(part)] ?? 0) - part.load;
  let free = room - most.reduce((sum, load) => sum + load, 0);
  let next = turn;
  const give = (takers: readonly Part[], each: number) => {
    const to = leastOf(parts, most, next, takers);
    const given = Math.min(each, free);
    most[to] = (most[to] ?? 0) + given;
    free -= given;
    next = (to + 1) % parts.length;
  };
  const unheard = () => open.filter((part) => part.granted + got(part) === 0);
  if (hungry.length === 0) while (free > 0 && unheard().length > 0) give(unheard(), 1);
  const takers = hungry.length > 0 ? hungry : open;
  while (free > 0 && takers.length > 0) give(takers, Math.max(1, Math.floor(free / takers.length)));
  const starved = unheard().filter((part) => takers.includes(part));
  const least = Math.min(...starved.map(({ load }) => load));
  const gives = ({ isDry, granted, load }: Part) =>
    isDry && granted > 0 && (hungry.length > 0 || granted > 1 || load > least + 1);
  return { most, turn: next, recalled: starved.length > 0 ? open.filter(gives) : [] };
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
