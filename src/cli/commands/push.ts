/** `prinia push`: one task, or a line each from the standard input. */

import type { Pushed } from "../../task/task.ts";
import { jsonOf } from "../arguments.ts";
import { JSON_ARG, queueOf, SERVER_ARGS } from "../client.ts";
import { command } from "../command.ts";
import { UsageError } from "../exit.ts";
import { tasks } from "../output.ts";
import type { Terminal } from "../terminal.ts";
import { argsOf, optionsOf, TASK_ARGS } from "./push-options.ts";

export const push = command({
  name: "push",
  description: "Push a task",
  args: {
    ...TASK_ARGS,
    lines: { type: "boolean", description: "Read a task's args from each line of the standard input" },
    ...JSON_ARG,
    ...SERVER_ARGS,
  },
  run: async (args, terminal) => {
    const options = optionsOf(args);
    const queue = queueOf(args, terminal);
    if (!args.lines) {
      const pushed = await queue.pushTask({ ...options, args: await argsOf(args, terminal) }, { retry: true });
      return told(terminal, pushed, args.json === true);
    }
    if (args.args !== undefined)
      throw new UsageError("--lines reads the args of all tasks from the standard input: leave ARGS out.");
    if (args.key !== undefined) throw new UsageError("--key is one task's: with --lines all would be the same task.");
    const all = await queue.pushAll(linesOf(terminal, options), { retry: true });
    if (args.json) for (const pushed of all) told(terminal, pushed, true);
    else terminal.out(`${tasks(all.length)} pushed to ${args.queue}`);
  },
});

async function* linesOf(terminal: Terminal, options: object) {
  let number = 0;
  for await (const line of terminal.lines()) {
    number++;
    if (line.trim() !== "") yield { ...options, args: jsonOf(line, `line ${number}`) };
  }
}

function told(terminal: Terminal, pushed: Pushed, json: boolean): void {
  const { id, status, created } = pushed;
  terminal.out(
    json ? JSON.stringify({ id, status, created }) : `${id}  ${status}${created ? "" : "  (there already)"}`,
  );
}
