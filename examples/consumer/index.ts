/** A Worker that is queue and consumer: `npx wrangler dev -c examples/consumer/wrangler.toml --var PRINIA_AUTH:off`. */

import { AbortError, consume, RetryAfterError } from "prinia/consumer";
import { type ConsumerBinding, createApp, type Env } from "prinia/server";

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

interface Bindings extends Env {
  readonly MAILER: ConsumerBinding;
}

export default createApp<Bindings>({ queues: { emails: { consumer: (env) => env.MAILER, batchSize: 10 } } });
