/** What a task may be given on the command line, for push and run. */

import type { NewTask } from "../../backend/task.ts";
import { MAX_INT32 } from "../../limits.ts";
import { durationOf, given, instantOf, integerOf, jsonOf } from "../arguments.ts";
import { UsageError } from "../exit.ts";
import type { Terminal } from "../terminal.ts";

export const TASK_ARGS = {
  queue: { type: "positional", required: true, description: "The queue's name" },
  args: {
    type: "positional",
    required: false,
    description: "The args, as JSON; read from standard input when left out",
  },
  priority: { type: "string", valueHint: "n", description: "Larger first; 0 when left out" },
  delay: { type: "string", valueHint: "duration", description: "Not before so long from now, such as 30s" },
  at: { type: "string", valueHint: "instant", description: "Not before this instant, such as 2030-01-31T12:00:00Z" },
  attempts: { type: "string", valueHint: "n", description: "At most so many executions" },
  timeout: { type: "string", valueHint: "duration", description: "The longest that one execution may take" },
  key: {
    type: "string",
    valueHint: "text",
    description: "Idempotency key: a push with one that is known makes no second task",
  },
  group: { type: "string", valueHint: "text", description: "Tasks of one group keep the order among them" },
  meta: { type: "string", valueHint: "json", description: "An object that stands beside the args" },
} as const;

type Given = { readonly [K in Exclude<keyof typeof TASK_ARGS, "queue">]?: string | undefined };

/** The options of a task, without its args. */
export function optionsOf(args: Given): Omit<NewTask, "args"> {
  if (args.delay !== undefined && args.at !== undefined)
    throw new UsageError("--delay and --at exclude each other: give one of them.");
  const meta = args.meta === undefined ? undefined : jsonOf(args.meta, "--meta");
  if (meta !== undefined && (typeof meta !== "object" || meta === null || Array.isArray(meta)))
    throw new UsageError(`--meta is ${args.meta}: give a JSON object, such as '{"from": "shell"}'.`);
  return given({
    priority: integerOf(args.priority, "--priority", -MAX_INT32 - 1, MAX_INT32),
    delayMs: durationOf(args.delay, "--delay"),
    runAt: instantOf(args.at, "--at"),
    maxAttempts: integerOf(args.attempts, "--attempts", 1, MAX_INT32),
    timeoutMs: durationOf(args.timeout, "--timeout"),
    idempotencyKey: args.key,
    groupKey: args.group,
    meta: meta as Record<string, unknown> | undefined,
  });
}

/** The args, from the command line or the standard input. */
export async function argsOf({ args }: Given, terminal: Terminal): Promise<unknown> {
  const text = args ?? (await terminal.read());
  if (text === null || text.trim() === "")
    throw new UsageError(
      'ARGS is missing: give the task\'s args as JSON, such as \'{"to": "ada@example.com"}\', or null.',
    );
  return jsonOf(text, args === undefined ? "the standard input" : "ARGS");
}
