/** `prinia vacuum`: removes tasks that have ended. */

import { durationOf, given, statusOf } from "../arguments.ts";
import { confirmed } from "../bulk.ts";
import { JSON_ARG, SERVER_ARGS, transportOf } from "../client.ts";
import { command } from "../command.ts";
import { Interrupted } from "../exit.ts";
import { tasks } from "../output.ts";
import { progressOf } from "../progress.ts";

/** Small enough for the progress to be seen. */
const STEP = 5_000;

export const vacuum = command({
  name: "vacuum",
  description: "Remove tasks that have ended",
  args: {
    queue: { type: "positional", required: true, description: "The queue's name" },
    "older-than": {
      type: "string",
      valueHint: "duration",
      description: "Only those that ended so long ago, such as 7d; by the queue's retention when left out",
    },
    status: { type: "string", valueHint: "status", description: "Only those that are Done, or Killed" },
    yes: { type: "boolean", alias: "y", description: "Do not ask" },
    ...JSON_ARG,
    ...SERVER_ARGS,
  },
  run: async (args, terminal) => {
    const status = statusOf(args.status, ["Done", "Killed"] as const);
    const order = given({ olderThanMs: durationOf(args["older-than"], "--older-than"), status });
    const port = transportOf(args, terminal).queue(args.queue);
    const { counts } = await port.info();
    const most = (status === "Killed" ? 0 : counts.Done) + (status === "Done" ? 0 : counts.Killed);
    if (most > 0) await confirmed(`up to ${tasks(most)} of ${args.queue}`, { infinitive: "remove" }, args, terminal);
    const bar = progressOf(terminal, most, "removed");
    let vacuumed = 0;
    try {
      for (let more = true; more; ) {
        if (terminal.interrupted.aborted) throw new Interrupted();
        const answer = await port.vacuum({ ...order, limit: STEP });
        vacuumed += answer.vacuumed;
        bar.to(vacuumed);
        more = answer.more;
      }
    } finally {
      bar.end();
    }
    terminal.out(args.json ? JSON.stringify({ vacuumed }) : `${tasks(vacuumed)} removed`);
  },
});
