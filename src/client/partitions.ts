/** How many partitions a queue has, as far as is known here: learnt from what the server says, and never asked for. */

/** What names the numbers: a refusal, or the answer to a registration. */
interface Counts {
  readonly partitions?: number | undefined;
  readonly keyedPartitions?: number | undefined;
  readonly draining?: number | undefined;
}

export class Partitions {
  /** One, until something else is known. */
  count = 1;
  /** The first so many take keys: a number that never changes. */
  keyed = 1;
  /** The last so many take no more tasks, but are worked off. */
  draining = 0;
  /** Grows when any of them turns out to be another. */
  version = 0;

  /** @returns whether the numbers are named there */
  learn(from: unknown): boolean {
    const { partitions, keyedPartitions, draining = 0 } = (from ?? {}) as Counts;
    if (partitions === undefined) return false;
    const keyed = keyedPartitions ?? partitions;
    if (partitions !== this.count || keyed !== this.keyed || draining !== this.draining) this.version++;
    this.count = partitions;
    this.keyed = keyed;
    this.draining = draining;
    return true;
  }
}
