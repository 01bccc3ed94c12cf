/** `prinia get`: one task, with what became of it. */

import type { Task } from "../../backend/task.ts";
import { JSON_ARG, queueOf, SERVER_ARGS } from "../client.ts";
import { command } from "../command.ts";
import { CommandError, EXIT } from "../exit.ts";
import { instant, printFacts, span } from "../output.ts";

export const get = command({
  name: "get",
  description: "Show a task",
  args: {
    queue: { type: "positional", required: true, description: "The queue's name" },
    id: { type: "positional", required: true, description: "The task's id" },
    ...JSON_ARG,
    ...SERVER_ARGS,
  },
  run: async (args, terminal) => {
    const task = await queueOf(args, terminal).fetchById(args.id);
    if (task === null) throw new CommandError(EXIT.refused, `${JSON.stringify(args.queue)} has no task ${args.id}.`);
    if (args.json) terminal.out(JSON.stringify(task));
    else printFacts(terminal, factsOf(task));
  },
});

type Facts = (readonly [name: string, value: string | undefined])[];

function factsOf(task: Task): Facts {
  const { lastResult } = task;
  return [
    ["id", task.id],
    ["queue", task.queue],
    ["status", task.status],
    ["args", JSON.stringify(task.args)],
    ["attempt", `${task.attempt} of ${task.maxAttempts}`],
    ["priority", String(task.priority)],
    ["created", instant(task.createdAt)],
    ["due", instant(task.runAt)],
    ["held by", task.lockBy && `${task.lockBy} since ${instant(task.lockAt)}`],
    ["ended", instant(task.doneAt)],
    ["result", lastResult && "ok" in lastResult ? JSON.stringify(lastResult.ok) : undefined],
    ["error", lastResult && "err" in lastResult ? lastResult.err : undefined],
    ["progress", task.progress === undefined ? undefined : JSON.stringify(task.progress)],
    ["timeout", task.timeoutMs === undefined ? undefined : span(task.timeoutMs)],
    ["key", task.idempotencyKey],
    ["group", task.groupKey],
    ["codec", task.codec === "json" ? undefined : task.codec],
    ["meta", Object.keys(task.meta).length === 0 ? undefined : JSON.stringify(task.meta)],
    ...task.runs.flatMap((run): Facts => {
      const took = run.endedAt === undefined ? "" : ` after ${span(run.endedAt - run.startedAt)}`;
      const error = run.error === undefined ? "" : `: ${run.error}`;
      const told = `${run.outcome ?? "under way"}${took} by ${run.worker}${error}`;
      return [[`run ${run.attempt}`, told], ...(run.logs ?? []).map((line): Facts[number] => ["", line])];
    }),
  ];
}
