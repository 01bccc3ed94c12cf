/** The deployable Worker: the router, the two kinds of object, and the entrypoint for service bindings. */

import { WorkerEntrypoint } from "cloudflare:workers";
import type { Env } from "./env.ts";
import { createApp, trusting } from "./http/app.ts";
import type { Scope } from "./protocol/caller.ts";

export { DirectoryObject } from "./object/directory.ts";
export { QueueObject } from "./object/queue.ts";

const app = createApp();

/** What may narrow a service binding: `queues` as names or `prefix*`, `scope` as in a token. */
export interface ServiceProps {
  readonly queues?: readonly string[];
  readonly scope?: readonly Scope[];
}

/**
 * The same routes for another Worker, which is trusted: it needs no token.
 *
 * @example
 * // [[services]] binding = "QUEUES", service = "prinia", entrypoint = "PriniaService", props = { queues = ["mail*"] }
 * const headers = { "content-type": "application/json" };
 * await env.QUEUES.fetch("https://prinia/v1/queues/mail/tasks", { method: "POST", headers, body: '{"args":1}' });
 */
export class PriniaService extends WorkerEntrypoint<Env, ServiceProps> {
  override fetch(request: Request): Response | Promise<Response> {
    return app.fetch(request, trusting(this.env, this.ctx.props), this.ctx);
  }
}

export default {
  fetch: (request: Request, env: Env, ctx: ExecutionContext) => app.fetch(request, env, ctx),
};
