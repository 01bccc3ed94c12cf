/** `prinia delete`: by ids, or all that the options say. */

import { BULK_ARGS, bulk } from "../bulk.ts";
import { command } from "../command.ts";

export const deleteTasks = command({
  name: "delete",
  description: "Delete tasks that no worker holds",
  args: BULK_ARGS,
  variadic: true,
  run: (args, terminal) => bulk("delete", { infinitive: "delete", past: "deleted" }, args, terminal),
});
