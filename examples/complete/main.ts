/**
 * `npm run example`: a queue with a consumer, a cron and a webhook, in `wrangler dev`. Starts it, sets the schedule, orders
 * something, shows what came of it, and goes on until you press Ctrl-C.
 */

import { spawn } from "node:child_process";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { DurableBackend, http, Schedules, unwrap } from "prinia";

interface Order {
  readonly item: string;
}
interface Shipped {
  readonly shipped: string;
  readonly receipt: string;
}

const port = process.env.PORT ?? "8787";
const url = `http://127.0.0.1:${port}`;
const root = fileURLToPath(new URL("../..", import.meta.url));

const wrangler = spawn(
  process.execPath,
  [
    `${root}node_modules/wrangler/bin/wrangler.js`,
    ...["dev", "--config", "examples/complete/wrangler.toml", "--port", port, "--inspector-port", "0"],
    ...["--var", `SELF:${url}`, "--show-interactive-dev-session=false", "--log-level", "error"],
    ...process.argv.slice(2),
  ],
  { cwd: root, stdio: ["ignore", "inherit", "inherit"] },
);
const ended = new Promise<number>((resolve) => wrangler.once("exit", (code) => resolve(code ?? 0)));
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => wrangler.kill(signal));

async function show(): Promise<void> {
  while (!(await fetch(`${url}/v1/health`).catch(() => undefined))?.ok) await sleep(200);
  const orders = new DurableBackend<Order, Shipped>("orders", http({ url }));
  const receipts = new DurableBackend("receipts", http({ url }));

  const { next } = await new Schedules<Order>("orders", { url }).put("subscription", {
    cron: "*/10 * * * * *",
    task: { args: { item: "the paper" } },
  });
  console.log(
    `the schedule "subscription" orders at ${new Date(next[0] ?? 0).toISOString()}, and every ten seconds from then`,
  );

  const { shipped, receipt } = await orders.run({ item: "tea" });
  console.log(`the consumer shipped ${shipped}`);
  const brought = await receipts.waitForSingle(receipt);
  console.log("the webhook brought the receipt, and was answered", unwrap(brought));
  console.log(`tasks: ${url}/v1/queues/orders/tasks, receipts: ${url}/receipts. Ctrl-C ends it.`);
}

await Promise.race([show(), ended]);
process.exitCode = await ended;
