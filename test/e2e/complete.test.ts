// One command: a queue with a consumer, a cron and a webhook, driven from outside.
import { DurableBackend, http } from "prinia";
import { expect, test } from "vitest";
import { temporaryFolder } from "../support/cleanup.ts";
import { runNode, until } from "../support/processes.ts";
import { freePort } from "../support/server.ts";

test("npm run example: ordered by hand and by the clock, shipped by RPC, told by a signed webhook", async () => {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const example = runNode(["examples/complete/main.ts", "--persist-to", temporaryFolder()], {
    PORT: String(port),
    CI: "1",
  });
  await until(() => example.stdout().includes("Ctrl-C ends it"), "the example had shown all", 60_000);
  expect(example.stdout()).toContain("the consumer shipped tea");
  expect(example.stdout()).toMatch(/the webhook brought the receipt, and was answered \{ received: '[0-9A-Z]{26}' \}/);

  const receipts = async () => (await (await fetch(`${url}/receipts`)).json()) as { order: string; item: string }[];
  await expect.poll(async () => (await receipts()).map(({ item }) => item), { timeout: 30_000 }).toContain("the paper");
  const orders = new DurableBackend<{ item: string }>("orders", http({ url }));
  const [paper] = (await receipts()).filter(({ item }) => item === "the paper");
  const order = await orders.fetchById(paper?.order ?? "");
  expect(order).toMatchObject({ status: "Done", lastResult: { ok: { shipped: "the paper" } } });
  expect(order?.idempotencyKey).toMatch(/^schedule\/subscription\/.*0\.000Z$/);
  expect((await orders.listWorkers()).map(({ id }) => id)).toEqual(["consumer"]);
  await expect(orders.run({ item: "" })).rejects.toThrow("nothing was ordered");
});
