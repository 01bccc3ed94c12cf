/** One request to several partitions: a few at a time, and their answers in order. */

import type { QueueStub } from "../env.ts";
import { MAX_FAN_OUT } from "../limits.ts";
import { ok, type Result } from "../task/result.ts";
import { callPartition, layoutOf, partitionOfId, type Reach } from "./objects.ts";

/** What a partition is asked. */
export type Ask<T> = (stub: QueueStub, partition: number) => Promise<Result<T>>;

/** The numbers of all partitions that there are to read. */
export const partitionsOf = (reach: Reach, queue: string): number[] => [
  ...Array(layoutOf(reach, queue).partitions).keys(),
];

/** Does something for each item, so many at a time. The answers are in the order of the items. */
export async function aFewAtATime<I, O>(items: readonly I[], run: (item: I) => Promise<O>): Promise<O[]> {
  const answers = Array<O>(items.length);
  const left = items.entries();
  const lane = async () => {
    for (const [at, item] of left) answers[at] = await run(item);
  };
  await Promise.all(Array.from({ length: Math.min(MAX_FAN_OUT, items.length) }, lane));
  return answers;
}

/** A few at a time, of work that comes in over time. */
export class Lanes {
  #free: number;
  readonly #waiting: (() => void)[] = [];

  constructor(lanes: number) {
    this.#free = lanes;
  }

  async run<T>(work: () => Promise<T>): Promise<T> {
    if (this.#free === 0) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    else this.#free--;
    try {
      return await work();
    } finally {
      const next = this.#waiting.shift();
      if (next) next();
      else this.#free++;
    }
  }
}

/** The answers of all, or the first refusal among them. */
export function allOf<T>(answers: readonly Result<T>[]): Result<T[]> {
  const values: T[] = [];
  for (const answer of answers) {
    if (!answer.ok) return answer;
    values.push(answer.value);
  }
  return ok(values);
}

/** Asks some partitions. */
export const askEach = <T>(reach: Reach, queue: string, partitions: readonly number[], ask: Ask<T>) =>
  aFewAtATime(partitions, (partition) => callPartition(reach, queue, partition, (stub) => ask(stub, partition)));

/** Asks all partitions: all must answer. */
export const askAll = async <T>(reach: Reach, queue: string, ask: Ask<T>): Promise<Result<T[]>> =>
  allOf(await askEach(reach, queue, partitionsOf(reach, queue), ask));

/** A request with a limit that all partitions share. */
interface Sharing<T> {
  /** @param room of this partition; `undefined` where there is no limit */
  ask(stub: QueueStub, room: number | undefined, partition: number): Promise<Result<T>>;
  /** How much of the limit an answer has used up. */
  took(answer: T): number;
  /** The answer of those that are not asked, since the limit is used up. */
  readonly none: T;
}

/** Asks partitions one after the other, each with the room that is left; without a limit, a few at a time. */
export async function askSharing<T>(
  reach: Reach,
  queue: string,
  partitions: readonly number[],
  limit: number | undefined,
  { ask, took, none }: Sharing<T>,
): Promise<Result<T[]>> {
  if (limit === undefined) {
    return allOf(await askEach(reach, queue, partitions, (stub, partition) => ask(stub, undefined, partition)));
  }
  const answers: T[] = [];
  let room = limit;
  for (const partition of partitions) {
    if (room === 0) return ok([...answers, none]);
    const left = room;
    const answer = await callPartition(reach, queue, partition, (stub) => ask(stub, left, partition));
    if (!answer.ok) return answer;
    answers.push(answer.value);
    room -= took(answer.value);
  }
  return ok(answers);
}

/** Things that name tasks, by the partition of these; `null` stands for those that the queue has not. */
export function byPartition<I>(
  reach: Reach,
  queue: string,
  items: readonly I[],
  idOf: (item: I) => string,
): Map<number | null, I[]> {
  return Map.groupBy(items, (item) => partitionOfId(reach, queue, idOf(item)));
}

export const sum = (numbers: readonly number[]): number => numbers.reduce((total, one) => total + one, 0);
