/**
 * A queue of each kind in one Worker: `orders` is consumed by its own code, a schedule orders something every ten seconds, and
 * `receipts` is delivered by a signed webhook, to a route of this Worker. `npm run example` runs it and shows what happens.
 */

import { env as bindings } from "cloudflare:workers";
import { Hono } from "hono";
import { binding, DurableBackend, type Fetcher } from "prinia";
import { AbortError, consume } from "prinia/consumer";
import { type ConsumerBinding, createApp, type Env as Prinia } from "prinia/server";
import { Webhook } from "standardwebhooks";

export { DirectoryObject, PriniaService, QueueObject } from "prinia/server";

interface Order {
  readonly item: string;
}

interface Receipt {
  readonly order: string;
  readonly item: string;
}

interface Env extends Prinia {
  /** This Worker's own entrypoints: the one that consumes, and the one that is the queue. */
  readonly SHOP: ConsumerBinding;
  readonly QUEUES: Fetcher;
  /** Where this Worker is. */
  readonly SELF: string;
  readonly RECEIPTS_SECRET: string;
}

const env = bindings as unknown as Env;

/** Ships what was ordered, and has the receipt sent. Tried again, it pushes the same receipt: the order is its key. */
export const Shop = consume({
  orders: async ({ item }: Order, { id }) => {
    if (item === "") throw new AbortError("nothing was ordered");
    const receipts = new DurableBackend<Receipt>("receipts", binding(env.QUEUES));
    const receipt = await receipts.pushTask({ args: { order: id, item }, idempotencyKey: id });
    return { shipped: item, receipt: receipt.id };
  },
});

const queues = createApp<Env>({
  queues: {
    orders: { consumer: ({ SHOP }) => SHOP, concurrency: 5 },
    receipts: { webhook: { url: `${env.SELF}/receipts`, secret: ({ RECEIPTS_SECRET }) => RECEIPTS_SECRET } },
  },
});

/** What has arrived, the newest last: this isolate's own, and so a toy. */
const arrived: Receipt[] = [];

const app = new Hono<{ Bindings: Env }>();

app.post("/receipts", async (c) => {
  const headers = Object.fromEntries(c.req.raw.headers);
  try {
    const { data } = new Webhook(c.env.RECEIPTS_SECRET).verify(await c.req.text(), headers) as {
      data: { args: Receipt };
    };
    arrived.push(data.args);
    return c.json({ received: data.args.order });
  } catch {
    return c.text("The signature is not good.", 401);
  }
});
app.get("/receipts", (c) => c.json(arrived.slice(-100)));
app.route("/", queues);

export default app;
