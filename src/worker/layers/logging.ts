/** A layer: tells a log when tasks begin and end, and passes on what handlers log. */

import { type Clock, systemClock } from "../../backend/clock.ts";
import type { Layer, Logger, TaskContext } from "../../backend/layer.ts";
import { errorText } from "../../task/errors.ts";
import { layer } from "../compose.ts";
import { guarded } from "../guarded.ts";
import { type Ending, observed } from "./ending.ts";

/** Where lines go: `console`, or whatever has these four. */
export type LogSink = Logger;

type Level = keyof Logger;

const LEVELS: Readonly<Record<Ending, Level>> = {
  done: "info",
  snoozed: "info",
  released: "info",
  lost: "warn",
  failed: "error",
  killed: "error",
  timeout: "error",
};

/**
 * Writes a line when a task begins and one when it ends, each with the task's id, queue and attempt; the lines of
 * `context.logger` go there too, besides into the task's run.
 *
 * @example
 * new Worker("mailer", emails, send, { layers: [logging(console)] });
 */
export function logging(sink: LogSink, { clock = systemClock }: { readonly clock?: Clock } = {}): Layer {
  return layer("logging", (next) => (args, context) => {
    const { id, attempt, task, worker } = context;
    const about = { id, queue: task.queue, attempt, worker: worker.id };
    const write = (level: Level, message: string, fields: object = {}) =>
      guarded(() => sink[level](message, { ...about, ...fields }));
    const began = clock.now();
    write("info", "task begins");
    return observed(
      () => next(args, { ...context, logger: both(context, write) }),
      context.signal,
      (ending, error) => {
        const why = error === undefined ? {} : { error: errorText(error) };
        write(LEVELS[ending], `task ${ending}`, { ms: clock.now() - began, ...why });
      },
    );
  });
}

function both({ logger }: TaskContext, write: (level: Level, message: string, fields?: object) => void): Logger {
  const method =
    (level: Level): Logger[Level] =>
    (message, fields) => {
      logger[level](message, fields);
      write(level, message, fields);
    };
  return { debug: method("debug"), info: method("info"), warn: method("warn"), error: method("error") };
}
