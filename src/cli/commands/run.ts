/** `prinia run`: push and wait, and print the result. */

import { durationOf } from "../arguments.ts";
import { JSON_ARG, queueOf, SERVER_ARGS } from "../client.ts";
import { command } from "../command.ts";
import { Interrupted } from "../exit.ts";
import { argsOf, optionsOf, TASK_ARGS } from "./push-options.ts";

export const run = command({
  name: "run",
  description: "Push a task, wait for its result, and print that",
  args: {
    ...TASK_ARGS,
    wait: {
      type: "string",
      valueHint: "duration",
      description: "How long to wait; 25s when left out. The task goes on after that",
    },
    ...JSON_ARG,
    ...SERVER_ARGS,
  },
  run: async (args, terminal) => {
    const task = { ...optionsOf(args), args: await argsOf(args, terminal) };
    const timeout = durationOf(args.wait, "--wait");
    const { interrupted: signal } = terminal;
    try {
      const value = await queueOf(args, terminal).runTask(task, { timeout, signal, retry: true });
      terminal.out(JSON.stringify(value, null, args.json || !terminal.isTTY ? 0 : 2));
    } catch (error) {
      throw signal.aborted ? new Interrupted() : error;
    }
  },
});
