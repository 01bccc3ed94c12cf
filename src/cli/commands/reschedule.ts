/** `prinia reschedule`: runs tasks at another time. */

import { durationOf, given, instantOf } from "../arguments.ts";
import { BULK_ARGS, bulk } from "../bulk.ts";
import { command } from "../command.ts";
import { UsageError } from "../exit.ts";

export const reschedule = command({
  name: "reschedule",
  description: "Run tasks at another time",
  args: {
    ...BULK_ARGS,
    delay: { type: "string", valueHint: "duration", description: "So long from now, such as 10m; 0s is now" },
    at: { type: "string", valueHint: "instant", description: "At this instant, such as 2030-01-31T12:00:00Z" },
  },
  variadic: true,
  run: (args, terminal) => {
    const when = given({ delayMs: durationOf(args.delay, "--delay"), runAt: instantOf(args.at, "--at") });
    if (Object.keys(when).length !== 1) throw new UsageError("When? Give --delay or --at, and one of them.");
    return bulk("reschedule", { infinitive: "reschedule", past: "rescheduled" }, args, terminal, when);
  },
});
