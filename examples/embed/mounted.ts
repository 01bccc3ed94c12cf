/**
 * The queue below a prefix of a Hono app that has routes of its own, and pushes without leaving the Worker. Run it as
 * `npx wrangler dev examples/embed/mounted.ts -c examples/embed/wrangler.toml --var PRINIA_AUTH:off`.
 */

import { exports } from "cloudflare:workers";
import { Hono } from "hono";
import { binding, DurableBackend } from "prinia";
import { createApp, type Env } from "prinia/server";

export { DirectoryObject, PriniaService, QueueObject } from "prinia/server";

interface Order {
  readonly item: string;
}

const app = new Hono<{ Bindings: Env }>();

app.route("/queue", createApp());

app.post("/orders", async (c) => {
  // The Worker's own entrypoint: it is trusted, whatever the routes below `/queue` ask of others.
  const orders = new DurableBackend<Order>("orders", binding(exports.PriniaService));
  const { id } = await orders.push(await c.req.json<Order>());
  return c.json({ id, task: `/queue/v1/queues/orders/tasks/${id}` }, 202);
});

export default app;
