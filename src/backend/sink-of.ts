/** A sink from the one function that it takes. */

import type { Pushed } from "../task/task.ts";
import { TaskBuilder } from "./builder.ts";
import { single } from "./coalescer.ts";
import { optionsOf, withKey } from "./outgoing.ts";
import { asTasks, type Buildable, pushChunks, type TaskSink } from "./sink.ts";
import type { NewTask, PushOptions } from "./task.ts";

/** Takes tasks, all or none, in order, and answers for each of them. With `retry` each has an idempotency key. */
export type Push<Input> = (tasks: readonly NewTask<Input>[], options: PushOptions) => Promise<readonly Pushed[]>;

export function sinkOf<Input>(push: Push<Input>): TaskSink<Input> {
  const ready = (task: Buildable<Input>, { retry }: PushOptions): NewTask<Input> => {
    const built = optionsOf(task instanceof TaskBuilder ? task.build() : task) as NewTask<Input>;
    return retry ? withKey(built) : built;
  };
  const pushTask = async (task: Buildable<Input>, options: PushOptions = {}): Promise<Pushed> => {
    options.signal?.throwIfAborted();
    try {
      const [pushed] = await push([ready(task, options)], options);
      return pushed as Pushed;
    } catch (error) {
      throw single(error);
    }
  };
  const pushAll: TaskSink<Input>["pushAll"] = (tasks, options = {}) =>
    pushChunks(tasks, {
      ready: (task) => ready(task, options),
      push: (chunk) => {
        options.signal?.throwIfAborted();
        return push(chunk, options);
      },
    });
  return {
    push: (args, options) => pushTask({ args }, options),
    pushTask,
    pushBulk: async (args, options = {}) => {
      options.signal?.throwIfAborted();
      const tasks = Array.from(args, (one) => ready({ args: one }, options));
      return tasks.length === 0 ? [] : [...(await push(tasks, options))];
    },
    pushStream: (args, options) => pushAll(asTasks(args), options),
    pushAll,
  };
}
