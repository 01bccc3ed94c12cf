/** `prinia work`: a worker whose handler is a command of the shell. */

import type { WorkerEvent } from "../../backend/context.ts";
import { QueueBackend } from "../../backend/queue-backend.ts";
import { MAX_CREDIT } from "../../limits.ts";
import { errorText } from "../../task/errors.ts";
import { Worker } from "../../worker/worker.ts";
import { given, integerOf } from "../arguments.ts";
import { JSON_ARG, SERVER_ARGS, transportOf } from "../client.ts";
import { command } from "../command.ts";
import { UsageError } from "../exit.ts";
import { visible } from "../output.ts";
import { DEFAULT_KILL_CODE, runShell, scriptOf } from "../shell.ts";
import type { Terminal } from "../terminal.ts";

export const work = command({
  name: "work",
  description: "Run a command of the shell for each task",
  args: {
    queue: { type: "positional", required: true, description: "The queue's name" },
    exec: {
      type: "string",
      valueHint: "command",
      description:
        "The command. {} stands for the task's args as one word of JSON; they also come on its standard input",
    },
    concurrency: { type: "string", valueHint: "n", description: "So many tasks at a time; 1 when left out" },
    id: { type: "string", valueHint: "name", description: "The worker's id; one that nobody has when left out" },
    "kill-code": {
      type: "string",
      valueHint: "n",
      description: `The exit code by which the command has its task killed; ${DEFAULT_KILL_CODE} when left out`,
    },
    drain: { type: "boolean", description: "End when nothing is left to be done now" },
    poll: { type: "boolean", description: "By long polls, where a WebSocket does not get through" },
    ...JSON_ARG,
    ...SERVER_ARGS,
  },
  run: async (args, terminal) => {
    if (args.exec === undefined)
      throw new UsageError("--exec is missing: give a command, such as --exec 'node mail.js {}'.");
    const shell = {
      script: scriptOf(args.exec),
      killCode: integerOf(args["kill-code"], "--kill-code", 1, 255) ?? DEFAULT_KILL_CODE,
      queue: args.queue,
      onLine: (line: string) => (args.json ? undefined : terminal.err(`  ${visible(line)}`)),
    };
    const options = given({
      concurrency: integerOf(args.concurrency, "--concurrency", 1, MAX_CREDIT),
      id: args.id,
    });
    await using backend = new QueueBackend(args.queue, transportOf(args, terminal, args.poll ? "http" : "socket"));
    const idle = Promise.withResolvers<void>();
    const worker = new Worker("prinia-cli", backend, (task, context) => runShell(task, context, shell), {
      ...options,
      onEvent: (event) => {
        tell(event, args.json === true, terminal);
        // Who comes late to the event of the last success finds it idle as well.
        if (args.drain && event.type === "idle" && worker.taskCount === 0) idle.resolve();
      },
    });
    if (!args.json) terminal.err(`${worker.id} works on ${args.queue}; Ctrl-C lets it end what it does`);
    const stop = () => idle.resolve();
    const kill = () => void worker.stop({ grace: 0 });
    terminal.interrupted.addEventListener("abort", stop, { once: true });
    terminal.killed.addEventListener("abort", kill, { once: true });
    if (terminal.interrupted.aborted) stop();
    const closed = worker.closed;
    await Promise.race([idle.promise, closed]);
    await worker.stop();
    await closed;
  },
});

interface Told {
  readonly id: string;
  readonly event: string;
  readonly attempt?: number;
  readonly error?: string;
}

function tell(event: WorkerEvent, json: boolean, terminal: Terminal): void {
  if (event.type === "break" && !json) terminal.err(`The server is out of reach, and is tried again: ${event.reason}`);
  const told = toldOf(event);
  if (told && json) terminal.out(JSON.stringify(told));
  else if (told) terminal.out(visible(lineOf(told)));
}

/** What is told of tasks. */
function toldOf(event: WorkerEvent): Told | undefined {
  switch (event.type) {
    case "success":
      return { id: event.id, event: "done", attempt: event.attempt };
    case "error":
      return { id: event.id, event: "failed", attempt: event.attempt, error: errorText(event.error) };
    case "lost":
      return { id: event.id, event: "lost", error: event.reason };
    case "refused":
      return { id: event.id, event: "refused", error: event.error.detail };
    default:
      return undefined;
  }
}

function lineOf({ id, event, attempt = 1, error }: Told): string {
  return `${id}  ${event}${attempt === 1 ? "" : ` at attempt ${attempt}`}${error === undefined ? "" : `: ${error}`}`;
}
