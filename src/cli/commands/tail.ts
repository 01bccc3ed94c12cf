/** `prinia tail`: what happens in a queue, as it happens. */

import { integerOf } from "../arguments.ts";
import { JSON_ARG, SERVER_ARGS, serverOf } from "../client.ts";
import { command } from "../command.ts";
import { type FeedEvent, follow } from "../feed.ts";
import { instant, visible } from "../output.ts";

export const tail = command({
  name: "tail",
  description: "Follow what happens in a queue",
  args: {
    queue: { type: "positional", required: true, description: "The queue's name" },
    from: {
      type: "string",
      valueHint: "position",
      description: "Go on behind this position, as --json told it; from now when left out",
    },
    count: { type: "string", valueHint: "n", description: "End after so many events" },
    ...JSON_ARG,
    ...SERVER_ARGS,
  },
  run: async (args, terminal) => {
    let left = integerOf(args.count, "--count", 1, Number.MAX_SAFE_INTEGER) ?? Number.POSITIVE_INFINITY;
    const onBreak = () => terminal.err("The server is out of reach, and is tried again.");
    const signal = terminal.interrupted;
    for await (const event of follow(serverOf(args, terminal), args.queue, { from: args.from, signal, onBreak })) {
      terminal.out(
        args.json
          ? JSON.stringify({ position: event.position, event: event.event, ...event.data, ...kind(event) })
          : lineOf(event),
      );
      if (--left === 0) return;
    }
  },
});

/** A worker's data has an `event` of its own: what became of it. */
const kind = ({ event, data }: FeedEvent) => (event === "worker" ? { event, change: data.event } : {});

function lineOf({ event, data }: FeedEvent): string {
  if (event === "gap") return `${instant(Date.now())}  something was missed here: read what you need anew`;
  const at = instant(Number(data.at));
  if (event === "worker") return visible(`${at}  worker ${data.worker} ${data.event}`);
  return `${at}  ${data.id}  ${data.gone ? "gone" : `${data.status}${Number(data.attempt) > 0 ? `, attempt ${data.attempt}` : ""}`}`;
}
