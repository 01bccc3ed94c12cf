/** One verb for many tasks: counted first, then done in steps, which can be stopped. */

import type { Status } from "./task-model.ts";
import { APPLIES } from "./task-offers.ts";

export type BulkVerb = "resume" | "cancel" | "reschedule" | "delete";

export interface BulkFilter {
  readonly status?: Status;
  readonly groupKey?: string;
  readonly after?: number;
  readonly before?: number;
}

export type Choice = { readonly ids: readonly string[] } | { readonly filter: BulkFilter };

interface BulkBody {
  readonly ids?: readonly string[];
  readonly filter?: BulkFilter;
  readonly limit?: number;
  readonly dryRun?: true;
  readonly runAt?: number;
}

export interface BulkAnswer {
  readonly matched: number;
  readonly changed: number;
  readonly more: boolean;
}

export interface BulkApi {
  readonly bulk: (verb: BulkVerb, body: BulkBody) => Promise<BulkAnswer>;
  /** Ids of what a filter finds, oldest first. */
  readonly list: (filter: BulkFilter, cursor?: string) => Promise<{ ids: string[]; nextCursor: string | undefined }>;
}

export interface BulkOrder {
  readonly verb: BulkVerb;
  readonly choice: Choice;
  /** For reschedule, ms. */
  readonly runAt?: number;
}

export interface BulkCount {
  readonly count: number;
  /** There are more than the server counts in one go. */
  readonly more: boolean;
}

/** The server's own limit for one call. */
const MOST = 10_000;
/** Small enough for the progress to be seen, and for a stop to be one. */
const STEP = 1_000;

/** How many tasks the verb would change. */
export async function countBulk(api: BulkApi, { verb, choice, runAt = 0 }: BulkOrder): Promise<BulkCount> {
  const when = verb === "reschedule" ? { runAt } : {};
  const answers: BulkAnswer[] = [];
  for (const part of parts(verb, choice)) {
    answers.push(await api.bulk(verb, { ...part, ...when, limit: MOST, dryRun: true }));
  }
  return {
    count: answers.reduce((sum, { changed }) => sum + changed, 0),
    more: answers.some(({ more }) => more),
  };
}

export interface Watch {
  /** How many it has changed so far. */
  readonly onProgress: (changed: number) => void;
  readonly isStopped: () => boolean;
}

/** @returns how many it changed */
export async function runBulk(api: BulkApi, order: BulkOrder, watch: Watch): Promise<number> {
  const { verb, choice, runAt = 0 } = order;
  const when = verb === "reschedule" ? { runAt } : {};
  let changed = 0;
  const call = async (body: BulkBody): Promise<BulkAnswer> => {
    const answer = await api.bulk(verb, { ...body, ...when });
    changed += answer.changed;
    watch.onProgress(changed);
    return answer;
  };
  for (const part of parts(verb, choice)) {
    if (watch.isStopped()) break;
    if (part.filter === undefined) await call(part);
    else if (staysInFilter(verb, part.filter)) await walk(api, part.filter, call, watch);
    else await drain(api, part.filter, call, watch);
  }
  return changed;
}

type Call = (body: BulkBody) => Promise<BulkAnswer>;

/** What is changed leaves the filter, so that the same call again finds the next. */
async function drain(api: BulkApi, filter: BulkFilter, call: Call, watch: Watch): Promise<void> {
  while (!watch.isStopped()) {
    const { changed, more } = await call({ filter, limit: STEP });
    if (!more) return;
    // The server looked at as much as it does in one go, and would look at the same again.
    if (changed === 0) return walk(api, filter, call, watch);
  }
}

/** Along the list, which goes on where it was. */
async function walk(api: BulkApi, filter: BulkFilter, call: Call, watch: Watch): Promise<void> {
  let cursor: string | undefined;
  do {
    const { ids, nextCursor } = await api.list(filter, cursor);
    if (ids.length > 0 && !watch.isStopped()) await call({ ids });
    cursor = nextCursor;
  } while (cursor !== undefined && !watch.isStopped());
}

/** A task that waits is rescheduled and waits still. */
const staysInFilter = (verb: BulkVerb, filter: BulkFilter): boolean =>
  verb === "reschedule" && filter.status === "Pending";

/** Without a status a call would look at tasks that the verb passes over, again and again: so one status at a time. */
function parts(verb: BulkVerb, choice: Choice): { ids?: readonly string[]; filter?: BulkFilter }[] {
  if ("ids" in choice) return [{ ids: choice.ids }];
  const { filter } = choice;
  const statuses = APPLIES[verb].filter((status) => filter.status === undefined || filter.status === status);
  return statuses.map((status) => ({ filter: { ...filter, status } }));
}
