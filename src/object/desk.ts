/** The desk: the parts of an object that calls and frames work on. */

import type { Connections } from "./connections.ts";
import type { Dispatcher } from "./dispatcher.ts";
import type { Partition } from "./partition.ts";
import type { Watchers } from "./watchers.ts";

export interface Desk {
  readonly partition: Partition;
  readonly connections: Connections;
  readonly dispatcher: Dispatcher;
  readonly watchers: Watchers;
}
