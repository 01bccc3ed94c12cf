/** A wait: what has ended comes first, and the rest as it ends. */

import type { WaitPortOptions, WaitView } from "../backend/port.ts";
import { MAX_BATCH } from "../limits.ts";
import { ok } from "../task/result.ts";
import { isTerminal } from "../task/status.ts";
import type { TaskResultView } from "../task/view.ts";
import type { Engine } from "./engine.ts";
import { idsInput } from "./inputs.ts";
import { goneEntry, statusOf } from "./news.ts";
import { Outlet } from "./outlet.ts";
import { resultValuesOf } from "./values.ts";
import type { Wait } from "./waits.ts";

/** Yields each id once; nothing begins before the first read. */
export function waitFor(
  engine: Engine,
  ids: readonly string[],
  { signal, onProgress }: WaitPortOptions,
): AsyncIterableIterator<WaitView> {
  const aborted = () => outlet.fail(signal?.reason);
  const outlet: Outlet<WaitView> = new Outlet(
    () => {
      try {
        signal?.throwIfAborted();
        signal?.addEventListener("abort", aborted);
        begin(engine, wait, unique(ids));
      } catch (error) {
        outlet.fail(error);
      }
    },
    () => {
      signal?.removeEventListener("abort", aborted);
      engine.waits.delete(wait);
    },
  );
  const wait: Wait = { outlet, ids: new Set(), onProgress };
  return outlet;
}

/** In as many parts as a server would be asked in. */
function unique(ids: readonly string[]): string[] {
  const all = [...new Set(ids)];
  for (let from = 0; from < all.length; from += MAX_BATCH) idsInput(all.slice(from, from + MAX_BATCH));
  return all;
}

function begin(engine: Engine, wait: Wait, ids: readonly string[]): void {
  let ended: TaskResultView[] = [];
  let unknown: string[] = [];
  const { told } = engine.begin((on) => {
    const answer = statusOf(engine.store, on, ids);
    ended = answer.results.filter(({ status }) => isTerminal(status));
    unknown = answer.unknown;
    return ok(null);
  });
  const known = new Set([...ended.map(({ id }) => id), ...unknown]);
  for (const id of ids) if (!known.has(id)) wait.ids.add(id);
  engine.waits.add(wait);
  const write = () => {
    for (const view of ended) wait.outlet.write(resultValuesOf(view));
    for (const id of unknown) wait.outlet.write(goneEntry(id));
    if (wait.ids.size === 0) wait.outlet.end();
  };
  if (told) told.then(write).catch((error: unknown) => wait.outlet.fail(error));
  else write();
}
