/** Which partition of a queue a task belongs to. */

import type { Keyed } from "./key.ts";

/** What decides where a task goes: its group, else its idempotency key; nothing when any partition will do. */
export const keyOf = ({ groupKey, idempotencyKey }: Keyed): string | undefined => groupKey ?? idempotencyKey;

/** FNV-1a of the key's UTF-8, 32 bits, modulo the partitions that take keys. */
export function partitionOfKey(key: string, keyed: number): number {
  let hash = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(key)) hash = Math.imul(hash ^ byte, 0x01000193);
  return (hash >>> 0) % keyed;
}
