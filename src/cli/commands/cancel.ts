/** `prinia cancel`: by ids, or all that the options say. */

import { BULK_ARGS, bulk } from "../bulk.ts";
import { command } from "../command.ts";

export const cancel = command({
  name: "cancel",
  description: "Cancel tasks: they are killed, and nobody runs them any more",
  args: BULK_ARGS,
  variadic: true,
  run: (args, terminal) => bulk("cancel", { infinitive: "cancel", past: "cancelled" }, args, terminal),
});
