/** Pages of tasks as they were read last: shown at once to whoever comes back, and read anew. */

import { getText } from "../api.ts";
import { Kept } from "../kept.ts";
import { token } from "../token.ts";
import { listPath, type View } from "./queue-query.ts";
import { type Page, pageOf } from "./task-model.ts";

/** A page is kept for so long, ms: one that is older is no better than nothing. */
const KEPT_MS = 300_000;
/** A page that was read so short a time ago is not read ahead, ms. */
const RECENT_MS = 1_000;

export interface Known extends Page {
  /** When it was asked for, ms. */
  readonly at: number;
  /** What it is a page of: the oldest, where the newest could not be found at once. */
  readonly view: View;
  /** In that case, where to go on looking for the newest. */
  readonly further: string | undefined;
}

const known = new Kept<Known>(16);
const ahead = new Map<string, Promise<Known | undefined>>();

/** The page as it was last; nothing when that is long ago, or it was never read. */
export function knownPage(queue: string, view: View): Known | undefined {
  const page = known.get(listPath(queue, view));
  return page !== undefined && Date.now() - page.at < KEPT_MS ? page : undefined;
}

/**
 * Asks the server. It looks at so many tasks in one answer: what was done last may be behind a million that wait. Then the
 * oldest are asked for, which are found at once.
 */
export async function readPage(queue: string, view: View): Promise<Known> {
  const [at, asked] = [Date.now(), token.peek()];
  const page = await pageBy(queue, view);
  const oldest = { ...view, order: "oldest" } as const;
  const isBehind = page.rows.length === 0 && page.nextCursor !== undefined && view.cursor === null;
  const other = isBehind && view.order === "newest" ? await pageBy(queue, oldest) : null;
  const found =
    other === null || other.rows.length === 0
      ? { ...page, at, view, further: undefined }
      : { ...other, at, view: oldest, further: page.nextCursor };
  const path = listPath(queue, view);
  if ((known.get(path)?.at ?? 0) <= at) known.set(path, found, asked);
  return found;
}

const pageBy = async (queue: string, view: View): Promise<Page> => pageOf(await getText(listPath(queue, view)));

/** Reads a page that is likely to be asked for next. What fails here, fails again when it is asked for, and is told then. */
export function readAhead(queue: string, view: View): void {
  const path = listPath(queue, view);
  const at = knownPage(queue, view)?.at ?? 0;
  if (ahead.has(path) || Date.now() - at < RECENT_MS) return;
  const reading = readPage(queue, view).catch(() => undefined);
  ahead.set(path, reading);
  reading.then(() => ahead.delete(path));
}

/** A page that is being read ahead, if it is: it comes sooner than one that is asked for only now. */
export const comingPage = (queue: string, view: View): Promise<Known | undefined> | undefined =>
  ahead.get(listPath(queue, view));
