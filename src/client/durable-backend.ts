/** A queue at the edge. */

import { QueueBackend } from "../backend/queue-backend.ts";

/**
 * A queue in a Durable Object, with all that it can do.
 *
 * @example
 * const emails = new DurableBackend<{ to: string }>("emails", http({ url, token }));
 * const { id } = await emails.push({ to: "a@example.com" });
 * const worker = new Worker("mailer", emails, ({ to }) => send(to));
 */
export class DurableBackend<Args = unknown, Out = unknown, Input = Args> extends QueueBackend<Args, Out, Input> {}
