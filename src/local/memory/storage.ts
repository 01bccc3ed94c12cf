/** MemoryStorage: all traits, in memory. Nothing outlives the process. */

import { systemClock } from "../../backend/clock.ts";
import type { Queue } from "../../backend/queue.ts";
import { type BackendOptions, QueueBackend } from "../../backend/queue-backend.ts";
import { type MakeShared, QueueNames } from "../../backend/shared.ts";
import { type Chance, cryptoChance } from "../../task/chance.ts";
import { LocalWorld } from "../world.ts";
import { MemoryStore } from "./store.ts";

/** What all queues of one memory have in common. */
export interface MemoryOptions {
  /** The platform's, or a test's own. */
  readonly clock?: BackendOptions<unknown>["clock"];
  /** Uniform in [0, 1), for the jitter of retries: 0.5 is none. */
  readonly random?: (() => number) | undefined;
}

export type MemoryStorageOptions<Args, Input = Args> = BackendOptions<Args, Input> & MemoryOptions;

const NAME = "default";

/**
 * A queue in memory, with everything that a queue at the edge can do, by the same rules: for tests, and for work that may
 * be lost with its process. How much it holds is up to whoever pushes.
 *
 * @example
 * const emails = new MemoryStorage<Email>("emails");
 * await emails.push({ to: "a@example.com" });
 */
export class MemoryStorage<Args = unknown, Out = unknown, Input = Args> extends QueueBackend<Args, Out, Input> {
  /** @throws PriniaError `bad_request` when the name is none */
  constructor(options?: MemoryStorageOptions<Args, Input>);
  constructor(queue: Queue, options?: MemoryStorageOptions<Args, Input>);
  constructor(first: Queue | MemoryStorageOptions<Args, Input> = NAME, second: MemoryStorageOptions<Args, Input> = {}) {
    const [queue, options] = typeof first === "string" ? [first, second] : [NAME, first];
    super(queue, worldOf(options), options);
  }
}

/** Queues of one memory: each sees the others in what it tells of all queues. */
export interface SharedMemory extends MakeShared {
  makeShared<Args = unknown, Out = unknown, Input = Args>(
    queue: Queue,
    options?: Omit<BackendOptions<Args, Input>, "clock">,
  ): QueueBackend<Args, Out, Input>;
}

export function sharedMemory(options: MemoryOptions = {}): SharedMemory {
  const world = worldOf(options);
  const names = new QueueNames();
  return {
    makeShared: (queue, own = {}) => new QueueBackend(names.take(queue), world, { ...own, clock: world.clock }),
  };
}

function worldOf({ clock = systemClock, random }: MemoryOptions): LocalWorld {
  const chance: Chance = random ? { ...cryptoChance, uniform: random } : cryptoChance;
  return new LocalWorld(clock, (queue) => new MemoryStore(queue, chance));
}
