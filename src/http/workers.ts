/** Workers of a queue: their sessions are good on all its partitions. */

import type { Registered } from "../object/api.ts";
import type { RegisterInput, WorkerInfo } from "../protocol/types.ts";
import { countsOf } from "../task/layout.ts";
import { mergedWorkers } from "../task/merged.ts";
import { ok, type Result } from "../task/result.ts";
import { askAll, askEach, partitionsOf, sum } from "./fan-out.ts";
import { callPartition, FIRST_PARTITION, layoutOf, type Reach, toldLayout } from "./objects.ts";

interface Named {
  readonly worker: string;
  readonly session: string;
}

/**
 * Partition 0 begins the session; the others ask it when they first see it. Only where the name is taken they must hear
 * of it now, since whoever has it loses what it has not started.
 */
export async function register(reach: Reach, queue: string, input: RegisterInput): Promise<Result<Registered>> {
  const layout = layoutOf(reach, queue);
  const registered = await callPartition(reach, queue, FIRST_PARTITION, (stub) =>
    stub.register(input, ...toldLayout(reach, queue)),
  );
  if (!registered.ok || layout.partitions === 1) return registered;
  const { worker, session } = registered.value;
  // A partition that cannot be reached meets the session when it comes there.
  await askEach(reach, queue, partitionsOf(reach, queue).slice(1), (stub) => stub.meet({ worker, session }));
  return ok({ ...registered.value, ...countsOf(layout), hash: "fnv1a32" });
}

/** A sign of life for all partitions: those in which the worker holds nothing need not know it. */
export async function heartbeat(
  reach: Reach,
  queue: string,
  named: Named,
  partitions: readonly number[] = partitionsOf(reach, queue),
): Promise<Result<{ orphanAfterMs: number }>> {
  const heard = whoKnew(await askEach(reach, queue, partitions, (stub) => stub.heartbeat(named)));
  return heard.ok ? ok({ orphanAfterMs: heard.value[0]?.orphanAfterMs ?? 0 }) : heard;
}

export async function goodbye(reach: Reach, queue: string, named: Named): Promise<Result<{ released: number }>> {
  const left = whoKnew(await askEach(reach, queue, partitionsOf(reach, queue), (stub) => stub.goodbye(named)));
  return left.ok ? ok({ released: sum(left.value.map(({ released }) => released)) }) : left;
}

/** The answers of those that know the session: one is enough, but any other refusal is one of the whole. */
function whoKnew<T>(answers: readonly Result<T>[]): Result<T[]> {
  const values = answers.flatMap((answer) => (answer.ok ? [answer.value] : []));
  const refusals = answers.filter((answer) => !answer.ok);
  const refused = refusals.find(({ error }) => error.code !== "worker_not_found") ?? refusals[0];
  if (refused && (values.length === 0 || refused.error.code !== "worker_not_found")) return refused;
  return ok(values);
}

export async function workers(reach: Reach, queue: string): Promise<Result<{ workers: WorkerInfo[] }>> {
  const listed = await askAll(reach, queue, (stub) => stub.workers());
  return listed.ok ? ok({ workers: mergedWorkers(listed.value.flatMap((one) => one.workers)) }) : listed;
}
