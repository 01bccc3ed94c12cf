/** `prinia workers`: those of a queue, or of all. */

import type { RunningWorker } from "../../backend/expose.ts";
import { JSON_ARG, SERVER_ARGS, transportOf } from "../client.ts";
import { command } from "../command.ts";
import { type Column, instant, print } from "../output.ts";

export const workers = command({
  name: "workers",
  description: "List the workers",
  args: {
    queue: { type: "positional", required: false, description: "The queue's name; all queues when left out" },
    ...JSON_ARG,
    ...SERVER_ARGS,
  },
  run: async (args, terminal) => {
    const transport = transportOf(args, terminal);
    const found = args.queue === undefined ? transport.directory.workers() : transport.queue(args.queue).workers();
    print(terminal, await found, { json: args.json === true, columns: COLUMNS, none: "There are no workers." });
  },
});

const COLUMNS: readonly Column<RunningWorker>[] = [
  { head: "WORKER", of: ({ id }) => id, cut: true },
  { head: "QUEUE", of: ({ queue }) => queue, cut: true },
  { head: "STATE", of: ({ alive }) => (alive ? "alive" : "silent") },
  { head: "LEASES", of: ({ leases }) => String(leases), right: true },
  { head: "HEARD", of: ({ heardAt }) => instant(heardAt) },
  { head: "SINCE", of: ({ startedAt }) => instant(startedAt) },
];
