/** A Worker that is queue and consumer: `npx wrangler dev -c examples/consumer/wrangler.toml --var PRINIA_AUTH:off`. */

import { AbortError, consume, fromQueueHandler, RetryAfterError } from "prinia/consumer";
import { type ConsumerBinding, createApp, type Env } from "prinia/server";
import existing from "./existing.ts";

export { DirectoryObject, QueueObject } from "prinia/server";

interface Email {
  readonly to: string;
}

/** Runs outside of the queue's object, which calls it by RPC. */
export const Mailer = consume({
  emails: async ({ to }: Email, { attempt }) => {
    if (!to.includes("@")) throw new AbortError(`${to} is no address`);
    if (to.startsWith("busy") && attempt === 1) throw new RetryAfterError(100, "the mail server is busy");
    return { sent: to, attempt };
  },
});

/** What consumed from Cloudflare Queues, unchanged. */
export const Uploads = fromQueueHandler(existing);

interface Bindings extends Env {
  readonly MAILER: ConsumerBinding;
  readonly UPLOADS: ConsumerBinding;
}

export default createApp<Bindings>({
  queues: {
    emails: { consumer: (env) => env.MAILER, batchSize: 10 },
    // In the words of its wrangler.toml.
    uploads: {
      consumer: (env) => env.UPLOADS,
      max_batch_size: 5,
      max_retries: 1,
      retry_delay: 0,
      dead_letter_queue: "uploads-dead",
    },
  },
});
