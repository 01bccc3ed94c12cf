/**
 * An edge function of yours, in a Worker of its own, that pushes to Prinia: by service binding, and by public fetch.
 * Run `npm run dev` for the queue and, beside it, `npx wrangler dev -c examples/edge/wrangler.toml`. Then
 * `curl -X POST '127.0.0.1:8788/signup?email=ada@example.com'`.
 */

import { binding, DurableBackend, http, task } from "prinia";

interface Env {
  /** The service binding of wrangler.toml: no token, no public URL, no way over the network. */
  readonly PRINIA: Fetcher;
  /** For those who can't bind: the address of the server, and a token with the scope `push`. */
  readonly PRINIA_URL: string;
  readonly PRINIA_TOKEN?: string;
}

interface Email {
  readonly to: string;
  readonly template: "welcome";
}

export default {
  async fetch(request: Request, env: Env): Promise<Response> {
    const { pathname, searchParams } = new URL(request.url);
    const to = searchParams.get("email");
    if (request.method !== "POST" || !to) return new Response("POST /signup?email=…\n", { status: 400 });
    const transport =
      pathname === "/public/signup" ? http({ url: env.PRINIA_URL, token: env.PRINIA_TOKEN }) : binding(env.PRINIA);
    const emails = new DurableBackend<Email>("emails", transport);
    // The key makes a second request, or a retry of this one, find the same task.
    const welcome = task<Email>({ to, template: "welcome" }).idempotencyKey(`welcome ${to}`).priority(5);
    const { id, created } = await emails.pushTask(welcome, { retry: true });
    return Response.json({ id, created }, { status: created ? 202 : 200 });
  },
};
