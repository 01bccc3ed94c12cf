/**
 * The entry `prinia/sqlite`: a queue in one file, for single processes and for tests.
 *
 * @example
 * import { SqliteStorage } from "prinia/sqlite";
 *
 * await using emails = new SqliteStorage<Email>("emails", { path: "emails.db" });
 * await emails.push({ to: "a@example.com" });
 */

// Not the global one, which a test may have set by hand.
import { setImmediate } from "node:timers";
import { systemClock } from "../backend/clock.ts";
import type { Queue } from "../backend/queue.ts";
import { type BackendOptions, QueueBackend } from "../backend/queue-backend.ts";
import { LocalWorld } from "../local/world.ts";
import { type Chance, cryptoChance } from "../task/chance.ts";
import type { Soon } from "./group-commit.ts";
import type { Synchronous } from "./open.ts";
import { openStore } from "./open-store.ts";

export type { Synchronous };

export interface SqliteOptions<Args, Input = Args> extends BackendOptions<Args, Input> {
  /** The file, which is made if it is not there; `:memory:` is a queue that ends with its storage. */
  readonly path: string;
  /** When a push or an ack is answered: `full` by default. */
  readonly synchronous?: Synchronous | undefined;
  /** Uniform in [0, 1), for the jitter of retries: 0.5 is none. */
  readonly random?: (() => number) | undefined;
}

/**
 * A queue with all traits, in a file of its own. What was answered is there after any crash, sessions and leases too. One
 * storage at a time has the file, since it is a process that says who is alive.
 */
export class SqliteStorage<Args = unknown, Out = unknown, Input = Args> extends QueueBackend<Args, Out, Input> {
  readonly #world: LocalWorld;

  /**
   * @throws PriniaError `wrong_status` while the file is open elsewhere, `bad_request` with the path `path` when it cannot
   * be used, or with the path `queue` when it is another queue's
   */
  constructor(queue: Queue, options: SqliteOptions<Args, Input>) {
    const { path, synchronous = "full", random, ...rest } = options;
    const { clock = systemClock } = rest;
    // What comes in one turn of the event loop is one commit. A clock that is set by hand does not wait for turns.
    const soon: Soon = clock === systemClock ? setImmediate : queueMicrotask;
    const chance: Chance = random ? { ...cryptoChance, uniform: random } : cryptoChance;
    const open = (name: Queue) => openStore(name, { path, synchronous, soon, chance, now: clock.now() });
    const world = new LocalWorld(clock, open);
    super(queue, world, rest);
    this.#world = world;
  }

  /** Gives the file back. Stop workers first, and await what was asked: whoever still waits is told that it waits in vain. */
  override close(): void {
    this.#world.close();
  }
}
