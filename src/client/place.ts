/** Where the socket of a partition is. */

import type { LinkPlace } from "./link.ts";
import type { Partitions } from "./partitions.ts";
import type { Pulse } from "./pulse.ts";
import type { Requests } from "./requests.ts";

/**
 * @param queue the queue's path
 * @param partition a queue that is not known to have several is asked for no certain one: it says so when it has
 */
export const placeOf = (
  requests: Requests,
  queue: string,
  pulse: Pulse,
  partitions: Partitions,
  partition: number,
): LinkPlace => ({
  requests,
  pulse,
  partitions,
  get path() {
    return `${queue}/socket${partitions.count > 1 || partition > 0 ? `?partition=${partition}` : ""}`;
  },
});
