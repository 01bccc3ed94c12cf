/** What changes, as it changes: one socket for each scope of watching, shared by all that watch there. */

import { computed, signal } from "@preact/signals";
import { Line } from "./line.ts";
import type { LiveEvent, Topic } from "./types.ts";

export type { LiveEvent, Topic } from "./types.ts";

/** How long a socket outlives its last watcher: whoever goes from page to page takes it along. */
const LINGER_MS = 2_000;

const lines = signal<readonly Line[]>([]);

/** Of all sockets together: `closed` when there are none, or none may be. */
export const connection = computed<"open" | "connecting" | "closed">(() => {
  const states = lines.value.map(({ state }) => state.value);
  if (states.includes("connecting")) return "connecting";
  return states.includes("open") ? "open" : "closed";
});

/** Why nothing is live, in words, where trying again would not help. */
export const stillness = computed<string | null>(() => {
  for (const { refusal } of lines.value) if (refusal.value !== null) return refusal.value;
  return null;
});

/**
 * Watches a queue, on a socket for each of its partitions. `workers` and `stats` come as the watch begins, each of one
 * partition, and then whenever they change, at most four times a second.
 *
 * @returns ends the watch
 */
export function watchQueue(
  queue: string,
  partitions: number,
  topics: readonly Topic[],
  onEvent: (event: LiveEvent) => void,
): () => void {
  const address = `/v1/queues/${encodeURIComponent(queue)}/socket`;
  const ends = Array.from({ length: partitions }, (_, partition) =>
    watch(partitions === 1 ? address : `${address}?partition=${partition}`, partition, topics, onEvent),
  );
  return () => {
    for (const end of ends) end();
  };
}

/** Watches all queues that the token covers, as they report to the directory. */
export const watchAll = (
  topics: readonly Exclude<Topic, "tasks">[],
  onEvent: (event: LiveEvent) => void,
): (() => void) => watch("/v1/socket", 0, topics, onEvent);

function watch(
  address: string,
  partition: number,
  topics: readonly Topic[],
  onEvent: (event: LiveEvent) => void,
): () => void {
  let line = lines.peek().find((one) => one.address === address);
  if (line === undefined) {
    line = new Line(address, partition);
    lines.value = [...lines.peek(), line];
  }
  const watched = line;
  const leave = watched.join({ topics, onEvent });
  return () => {
    leave();
    setTimeout(() => {
      if (!watched.isIdle) return;
      watched.end();
      lines.value = lines.peek().filter((one) => one !== watched);
    }, LINGER_MS);
  };
}
