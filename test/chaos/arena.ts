/** A queue under load, what befalls it meanwhile, and the verdict. */

import { setTimeout as sleep } from "node:timers/promises";
import { DurableBackend, http } from "../../src/client/index.ts";
import type { State } from "./checker/evidence.ts";
import { isTerminal, type Listed } from "./checker/evidence.ts";
import { judge, type Verdict } from "./checker/judge.ts";
import { Crew, type CrewOptions } from "./crew.ts";
import { History } from "./history.ts";
import { tap } from "./wiretap.ts";

export interface ArenaOptions {
  readonly queue: string;
  readonly seed: number;
  /** Where the crew goes. */
  readonly url: string;
  /** The server itself, past any proxy. */
  readonly server: () => string;
  readonly twins?: boolean;
  readonly paceMs?: number;
}

export interface Battle extends Verdict {
  readonly history: History;
  /** What stopped workers that nobody asked to. */
  readonly failures: readonly unknown[];
}

/** The least that there is: what is lost is found soon. */
const ORPHAN_MS = 1_000;
const PATIENCE_MS = 60_000;

/**
 * Sets a crew to work on a queue, lets the storm pass over it, and waits until all is done.
 *
 * @param storm torments the server, or the way to it; all is well again once it resolves
 */
export async function battle(options: ArenaOptions, storm: (history: History) => Promise<void>): Promise<Battle> {
  const history = new History();
  const untap = tap(options.queue, history);
  try {
    await direct(options).configure({
      orphanAfterMs: ORPHAN_MS,
      retention: { doneMs: null, killedMs: null },
      defaults: { backoff: { type: "exponential", baseMs: 20, maxMs: 200, factor: 2, jitter: 0.1 } },
    });
    const crew = new Crew({ ...options, history } satisfies CrewOptions);
    await storm(history);
    await crew.rest();
    await drained(options);
    await within(crew.leave(), PATIENCE_MS);
    return { ...judge(history.entries, await stateOf(options)), history, failures: crew.failures };
  } finally {
    untap();
  }
}

const direct = ({ queue, server }: ArenaOptions): DurableBackend => new DurableBackend(queue, http({ url: server() }));

/** Until all tasks have ended, or clearly will not: then the checker says which. */
async function drained(options: ArenaOptions): Promise<void> {
  for (const end = Date.now() + PATIENCE_MS; Date.now() < end; await sleep(100)) {
    const { counts } = await direct(options).fetchByQueue();
    const open = Object.entries(counts).filter(([status, count]) => !isTerminal(status) && count > 0);
    if (open.length === 0) return;
  }
}

async function within(work: Promise<void>, ms: number): Promise<void> {
  const late = new AbortController();
  await Promise.race([work, sleep(ms, undefined, { signal: late.signal }).catch(() => undefined)]);
  late.abort();
}

async function stateOf(options: ArenaOptions): Promise<State> {
  const backend = direct(options);
  const tasks: Listed[] = [];
  for (let cursor: string | undefined; ; ) {
    const page = await backend.listTasks({ limit: 1_000, ...(cursor === undefined ? {} : { cursor }) });
    tasks.push(...(page.tasks as unknown as Listed[]));
    if (page.nextCursor === undefined) break;
    cursor = page.nextCursor;
  }
  const { counts } = await backend.fetchByQueue();
  return { tasks, counts: { ...counts }, orphanAfterMs: ORPHAN_MS };
}
