/** Calls of the objects that a request is about. */

import { type DirectoryStub, directoryStub, type QueueStub, queueStub } from "../env.ts";
import type { Result } from "../task/result.ts";
import { callObject, type Repetition } from "./call.ts";
import type { Arrival } from "./route.ts";

/** Which object a by-name call goes to. There is one partition so far. */
export const FIRST_PARTITION = 0;

/** Calls a queue. Only a push without keys may not be repeated. */
export const callQueue = <T>(
  { env, timing }: Pick<Arrival, "env" | "timing">,
  queue: string,
  run: (stub: QueueStub) => Promise<Result<T>>,
  repetition: Repetition = "repeat",
): Promise<Result<T>> => callObject(() => queueStub(env, queue, FIRST_PARTITION), run, repetition, timing);

/** Calls the directory. */
export const callDirectory = <T>(
  { env, timing }: Pick<Arrival, "env" | "timing">,
  run: (stub: DirectoryStub) => Promise<Result<T>>,
): Promise<Result<T>> => callObject(() => directoryStub(env), run, "repeat", timing);
