/** Many queues at the edge, over one client. */

import type { Transport } from "../backend/port.ts";
import { type MakeShared, QueueNames } from "../backend/shared.ts";
import { DurableBackend } from "./durable-backend.ts";

/**
 * Backends of many queues that share what they can: the client, its token, and one timer that keeps all their sockets
 * alive. A name that is taken twice is refused: where one program means one queue, it has one backend.
 *
 * @example
 * const queues = shared(socket({ url, token }));
 * const emails = queues.makeShared<Email>("emails");
 * const images = queues.makeShared<Image>("images");
 */
export function shared(transport: Transport): MakeShared {
  const names = new QueueNames();
  return { makeShared: (queue, options) => new DurableBackend(names.take(queue), transport, options) };
}
