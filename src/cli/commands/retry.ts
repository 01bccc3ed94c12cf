/** `prinia retry`: by ids, or all that the options say. */

import { BULK_ARGS, bulk } from "../bulk.ts";
import { command } from "../command.ts";

export const retry = command({
  name: "retry",
  description: "Run tasks that failed or were killed again, now",
  args: BULK_ARGS,
  variadic: true,
  run: (args, terminal) => bulk("resume", { infinitive: "retry", past: "retried" }, args, terminal),
});
