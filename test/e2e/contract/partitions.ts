/** A queue of several partitions on a running server. */

import { parseId } from "../../../src/task/id.ts";
import { partitionOfKey } from "../../../src/task/partition.ts";
import type { ServerOptions } from "../../support/server.ts";

export const PARTITIONS = 3;

/** A server on which these queues have three partitions. */
export const partitioned = (...queues: readonly string[]): ServerOptions => ({
  env: { PRINIA_PARTITIONS: queues.map((name) => `${encodeURIComponent(name)}=${PARTITIONS}`).join(" ") },
});

/** A key that belongs to a partition. */
export function keyIn(partition: number, keyed: number = PARTITIONS, name = "key"): string {
  for (let at = 0; ; at++) if (partitionOfKey(`${name} ${at}`, keyed) === partition) return `${name} ${at}`;
}

export const partitionOf = (id: string): number => parseId(id)?.partition ?? -1;
