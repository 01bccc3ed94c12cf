/** `prinia queues`: all of them, with their numbers. */

import type { QueueInfo } from "../../backend/expose.ts";
import { QueueBackend } from "../../backend/queue-backend.ts";
import { JSON_ARG, SERVER_ARGS, transportOf } from "../client.ts";
import { command } from "../command.ts";
import { type Column, print, span } from "../output.ts";

export const queues = command({
  name: "queues",
  description: "List the queues, with their numbers",
  args: { ...JSON_ARG, ...SERVER_ARGS },
  run: async (args, terminal) => {
    const all = await new QueueBackend("all", transportOf(args, terminal)).listQueues();
    print(terminal, all, { json: args.json === true, columns: COLUMNS, none: "There are no queues yet." });
  },
});

const count = (status: keyof QueueInfo["counts"]): Column<QueueInfo> => ({
  head: status.toUpperCase(),
  of: ({ counts }) => String(counts[status]),
  right: true,
});

const COLUMNS: readonly Column<QueueInfo>[] = [
  { head: "QUEUE", of: ({ name, config }) => (config.paused ? `${name} (paused)` : name), cut: true },
  ...(["Pending", "Queued", "Running", "Failed", "Done", "Killed"] as const).map(count),
  { head: "WORKERS", of: ({ workers }) => String(workers), right: true },
  {
    head: "OLDEST DUE",
    of: ({ oldestDueAgeMs }) => (oldestDueAgeMs === null ? "" : span(oldestDueAgeMs)),
    right: true,
  },
];
