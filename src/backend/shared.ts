/** Many queues of one place: one client for all of them. */

import { PriniaError } from "../task/errors.ts";
import { checkName, type Queue } from "./queue.ts";
import type { BackendOptions, QueueBackend } from "./queue-backend.ts";

/** Makes backends that share what they can: a client, its connections, its rhythm. */
export interface MakeShared {
  /**
   * The backend of one queue.
   *
   * @throws PriniaError `bad_request` when the name is none, or one of this place has it already
   */
  makeShared<Args = unknown, Out = unknown, Input = Args>(
    queue: Queue,
    options?: BackendOptions<Args, Input>,
  ): QueueBackend<Args, Out, Input>;
}

/** The names that are taken. Two backends of one name would be two consumers where the program means one. */
export class QueueNames {
  readonly #taken = new Set<Queue>();

  /**
   * Takes a name.
   *
   * @throws PriniaError `bad_request` when it is none, or is taken
   */
  take(queue: Queue): Queue {
    checkName(queue, "queue");
    if (this.#taken.has(queue)) {
      const detail = `The queue ${JSON.stringify(queue)} has a backend here already: use that one, or share another queue.`;
      throw new PriniaError({ code: "bad_request", detail, path: "queue" });
    }
    this.#taken.add(queue);
    return queue;
  }

  /** Gives a name back. */
  free(queue: Queue): void {
    this.#taken.delete(queue);
  }
}
