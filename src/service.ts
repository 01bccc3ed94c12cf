/** The entrypoint for service bindings, and the app that it shares with the Worker's own `fetch`. */

import { WorkerEntrypoint } from "cloudflare:workers";
import type { Env } from "./env.ts";
import { createApp, trusting } from "./http/app.ts";
import type { Scope } from "./protocol/caller.ts";

export const app = createApp();

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
