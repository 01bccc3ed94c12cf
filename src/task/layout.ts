/** Into how many partitions a queue is divided: what an operator writes, checked, and told in words to copy. */

import { MAX_PARTITION } from "../limits.ts";
import type { Result } from "./result.ts";

/** How a queue is divided. The number is code, not data: nobody looks it up to push. */
export interface Layout {
  /** How many there are to be polled, listed and waited on. */
  readonly partitions: number;
  /** How many of them, the first ones, take tasks with keys. */
  readonly keyed: number;
  /** How many of them, the last ones, take no new tasks: they are there until they are empty. */
  readonly draining: number;
}

/** A queue of which nothing is said. */
export const UNDIVIDED: Layout = { partitions: 1, keyed: 1, draining: 0 };

/** Queues that are divided, by name, or by a prefix that ends in `*`. All others are not. */
export type Layouts = ReadonlyMap<string, Layout>;

/** How a queue is divided: by its own name, else by the longest prefix. */
export const layoutIn = (layouts: Layouts, queue: string): Layout => namedIn(layouts, queue) ?? UNDIVIDED;

/** What is said of a queue: under its own name, else under the longest prefix that ends in `*`. */
export function namedIn<T>(named: ReadonlyMap<string, T>, queue: string): T | undefined {
  const own = named.get(queue);
  if (own !== undefined || named.size === 0) return own;
  const prefixes = [...named.keys()].filter((name) => name.endsWith("*") && queue.startsWith(name.slice(0, -1)));
  const longest = prefixes.reduce<string | undefined>(
    (a, b) => (a !== undefined && a.length >= b.length ? a : b),
    undefined,
  );
  return named.get(longest ?? queue);
}

/** How a queue is divided, as code says it. */
export interface LayoutOptions {
  /** 1 to 1,024 objects; 1 when it is left out. */
  readonly partitions?: number | undefined;
  /**
   * How many of them, the first ones, take tasks with a group or idempotency key. It is fixed when the queue is first
   * used; left out, it is all that take new tasks.
   */
  readonly keyedPartitions?: number | undefined;
  /** How many of them, the last ones, take no new tasks, and are only read and worked on until they are empty. */
  readonly draining?: number | undefined;
}

const MAX_PARTITIONS = MAX_PARTITION + 1;

const isWhole = (value: unknown, least: number, most: number): boolean =>
  Number.isInteger(value) && Number(value) >= least && Number(value) <= most;

/** @returns what the options mean, or what is wrong with them */
export function layoutOf(options: LayoutOptions): Result<Layout, string> {
  const { partitions = 1, draining = 0 } = options;
  if (!isWhole(partitions, 1, MAX_PARTITIONS)) {
    return wrong(`\`partitions\` must be a whole number from 1 to ${MAX_PARTITIONS}, got ${String(partitions)}.`);
  }
  if (!isWhole(draining, 0, partitions - 1)) {
    return wrong(
      `\`draining\` must be a whole number below \`partitions\`, which is ${partitions}, got ${String(draining)}.`,
    );
  }
  const open = partitions - draining;
  const { keyedPartitions: keyed = open } = options;
  if (!isWhole(keyed, 1, open)) {
    return wrong(
      `\`keyedPartitions\` must be a whole number from 1 to ${open}, the partitions that take new tasks, got ${String(keyed)}.`,
    );
  }
  return { ok: true, value: { partitions, keyed, draining } };
}

const wrong = (error: string): Result<never, string> => ({ ok: false, error });

const ENTRY = /^(.+)=(\d{1,9})(?:\/(\d{1,9}))?(?:\/(\d{1,9}))?$/;

/**
 * Reads `emails=8 events=16/8`: entries apart by blanks or commas, each a name or a prefix that ends in `*`, the partitions, and where they are
 * wanted the keyed and the draining ones. What stands in a name for a blank, a comma or a percent sign is
 * percent-encoded.
 *
 * @returns the layouts by name, or what is wrong with the first entry that is no such thing
 */
export function parseLayouts(text: string): Result<Layouts, string> {
  const layouts = new Map<string, Layout>();
  for (const entry of text.split(/[\s,]+/).filter((part) => part !== "")) {
    const [, encoded = "", partitions, keyedPartitions, draining] = ENTRY.exec(entry) ?? [];
    const name = decoded(encoded);
    const about = `its entry ${JSON.stringify(entry)}`;
    if (partitions === undefined || name === null) {
      return wrong(
        `${about} is not of the form name=partitions, name=partitions/keyed or name=partitions/keyed/draining.`,
      );
    }
    if (layouts.has(name)) return wrong(`${about} names a queue for the second time.`);
    const layout = layoutOf({
      partitions: Number(partitions),
      keyedPartitions: numberOf(keyedPartitions),
      draining: numberOf(draining),
    });
    if (!layout.ok) return wrong(`in ${about}, ${layout.error}`);
    layouts.set(name, layout.value);
  }
  return { ok: true, value: layouts };
}

const numberOf = (digits: string | undefined): number | undefined =>
  digits === undefined ? undefined : Number(digits);

function decoded(text: string): string | null {
  try {
    return decodeURIComponent(text);
  } catch {
    return null;
  }
}

/** The layout as an entry of the variable, and as an option of `createApp`: what an operator is told to write. */
export function writtenOut(queue: string, { partitions, keyed, draining }: Layout): string {
  const name = encodeURIComponent(queue);
  const more = draining === 0 ? "" : `/${draining}`;
  const option = draining === 0 ? "" : `, draining: ${draining}`;
  return `{ partitions: ${partitions}, keyedPartitions: ${keyed}${option} } for this queue in createApp, or PRINIA_PARTITIONS="${name}=${partitions}/${keyed}${more}"`;
}

/** The counts as refusals, registrations and queues name them. */
export interface Counts {
  readonly partitions: number;
  readonly keyedPartitions: number;
  /** Left out where there is none. */
  readonly draining?: number;
}

/** @param keyed the queue's own number, where that is known */
export const countsOf = ({ partitions, draining, ...layout }: Layout, keyed: number = layout.keyed): Counts => ({
  partitions,
  keyedPartitions: keyed,
  ...(draining === 0 ? {} : { draining }),
});
