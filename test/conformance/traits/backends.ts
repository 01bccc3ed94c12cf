/** Which traits each backend offers: the columns of the table of features. */

import { ALL_TRAITS, type Trait } from "./traits.ts";

/** All of the seed. */
const SEED = [
  ...(["Backend", "BackendExt", "TaskSink", "FetchById", "Update", "Reschedule", "Vacuum", "ResumeById"] as const),
  ...(["ResumeAbandoned", "RegisterWorker", "ListWorkers", "ListTasks", "ListAllTasks", "ListQueues"] as const),
  ...(["Metrics", "WaitForCompletion"] as const),
] satisfies Trait[];

const without = (...traits: readonly Trait[]): Trait[] => ALL_TRAITS.filter((trait) => !traits.includes(trait));

export const BACKENDS = {
  MemoryStorage: without("Piped"),
  SqliteStorage: without("Piped", "MakeShared"),
  "DurableBackend, http": without("Piped"),
  // Tasks come to a socket: there is nothing to be polled, and when.
  "DurableBackend, socket": without("Piped", "Strategy"),
  "DurableBackend, binding": without("Piped"),
  Pipe: without("MakeShared"),
  CustomBackend: [...SEED, "Kept", "Breaks"],
  dequeue: ["Backend", "BackendExt", "TaskSink"],
} as const satisfies Readonly<Record<string, readonly Trait[]>>;

export type BackendName = keyof typeof BACKENDS;

/** The name and the traits of a harness. */
export const offered = (name: BackendName) => ({ name, traits: BACKENDS[name] });
