/** Verbs that are about a whole queue: every partition does its part. */

import { MAX_BULK } from "../limits.ts";
import type { BulkInput, ConfigPatch, VacuumInput } from "../protocol/types.ts";
import { stillLeased } from "../task/refusals.ts";
import { ok, type Result } from "../task/result.ts";
import type { QueueConfig } from "../task/task.ts";
import { allOf, askAll, askEach, askSharing, byPartition, partitionsOf, sum } from "./fan-out.ts";
import { callPartition, FIRST_PARTITION, layoutOf, type Reach, toldLayout } from "./objects.ts";

/**
 * Changes the settings: in partition 0, which has the true ones, then in all others. If one of these cannot be reached,
 * the change stands all the same; sent again, it reaches that one too.
 */
export async function configure(reach: Reach, queue: string, patch: ConfigPatch): Promise<Result<QueueConfig>> {
  const first = await callPartition(reach, queue, FIRST_PARTITION, (stub) =>
    stub.configure(patch, ...toldLayout(reach, queue)),
  );
  if (!first.ok || layoutOf(reach, queue).partitions === 1) return first;
  const settings = await callPartition(reach, queue, FIRST_PARTITION, (stub) => stub.settings());
  if (!settings.ok) return settings;
  const others = partitionsOf(reach, queue).slice(1);
  const told = allOf(await askEach(reach, queue, others, (stub) => stub.settle(settings.value)));
  return told.ok ? first : told;
}

const anyMore = (answers: readonly { readonly more: boolean }[]): boolean => answers.some(({ more }) => more);

export async function purge(reach: Reach, queue: string): Promise<Result<{ purged: number; more: boolean }>> {
  const done = await askAll(reach, queue, (stub) => stub.purge());
  if (!done.ok) return done;
  return ok({ purged: sum(done.value.map(({ purged }) => purged)), more: anyMore(done.value) });
}

export async function resumeAbandoned(reach: Reach, queue: string): Promise<Result<{ resumed: number }>> {
  const done = await askAll(reach, queue, (stub) => stub.resumeAbandoned());
  return done.ok ? ok({ resumed: sum(done.value.map(({ resumed }) => resumed)) }) : done;
}

type Vacuumed = { vacuumed: number; more: boolean };

/** All at once; one after the other where a limit is to be shared. */
export async function vacuum(reach: Reach, queue: string, input: VacuumInput): Promise<Result<Vacuumed>> {
  const all = partitionsOf(reach, queue);
  const done = await askSharing<Vacuumed>(reach, queue, all, input.limit, {
    ask: (stub, limit) => stub.vacuum(limit === undefined ? input : { ...input, limit }),
    took: ({ vacuumed }) => vacuumed,
    none: { vacuumed: 0, more: true },
  });
  if (!done.ok) return done;
  return ok({ vacuumed: sum(done.value.map(({ vacuumed }) => vacuumed)), more: anyMore(done.value) });
}

type Changed = { matched: number; changed: number; more: boolean };

/** What is named goes to its partitions; a filter to all. The limit counts what changes, over all of them. */
export async function bulk(reach: Reach, queue: string, input: BulkInput): Promise<Result<Changed>> {
  const { ids, limit = MAX_BULK } = input;
  const named = ids === undefined ? null : byPartition(reach, queue, ids, (id) => id);
  named?.delete(null);
  const partitions = named ? [...named.keys()].filter((one) => one !== null) : partitionsOf(reach, queue);
  // Where the limit holds nobody back, nobody need wait for it.
  const shared = partitions.length < 2 || (ids !== undefined && ids.length <= limit) ? undefined : limit;
  const done = await askSharing<Changed>(reach, queue, partitions, shared, {
    ask: (stub, room, partition) => {
      const part = named?.get(partition);
      return stub.bulk({ ...input, ...(part ? { ids: part } : {}), ...(room === undefined ? {} : { limit: room }) });
    },
    took: ({ changed }) => changed,
    none: { matched: 0, changed: 0, more: true },
  });
  if (!done.ok) return done;
  return ok({
    matched: sum(done.value.map(({ matched }) => matched)),
    changed: sum(done.value.map(({ changed }) => changed)),
    more: anyMore(done.value),
  });
}

/**
 * Drops all partitions, if nothing is leased in any, or it is forced. Partition 0 goes last: with it goes the number of
 * keyed partitions, which the others must not be left with alone.
 */
export async function drop(reach: Reach, queue: string, force: boolean): Promise<Result<null>> {
  const others = partitionsOf(reach, queue).slice(1);
  if (others.length > 0 && !force) {
    const parts = await askAll(reach, queue, (stub) => stub.numbers());
    if (!parts.ok) return parts;
    const leased = sum(parts.value.map(({ stats: { counts } }) => counts.Queued + counts.Running));
    if (leased > 0) return stillLeased(leased);
  }
  const gone = allOf(await askEach(reach, queue, others, (stub) => stub.drop({ force })));
  return gone.ok ? callPartition(reach, queue, FIRST_PARTITION, (stub) => stub.drop({ force })) : gone;
}
