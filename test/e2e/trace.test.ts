// One trace from whoever pushes, by plain HTTP, to the handler, to what the handler pushes, and to the result.
import { beforeAll, expect, test } from "vitest";
import { DurableBackend, socket, task, unwrap } from "../../src/client/index.ts";
import { type Trace, tracing, Worker, withTrace } from "../../src/worker/index.ts";
import { http } from "../support/http.ts";
import { type Server, startServe } from "../support/server.ts";

let server: Server;
beforeAll(async () => {
  server = await startServe();
});

test("a trace goes from the push through the handler to the result, and on to what the handler pushes", async () => {
  const [traceId, parentId] = ["0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"];
  const headers = { traceparent: `00-${traceId}-${parentId}-01`, tracestate: "vendor=1" };
  await using orders = new DurableBackend<string, string>("orders", socket({ url: server.url }));
  await using mails = new DurableBackend<string, string>("mails", socket({ url: server.url }));
  const ended: { trace: Trace; queue: string; ending: string }[] = [];
  const traces = tracing({
    tracer: {
      start:
        (trace, { task: { queue } }) =>
        (ending) =>
          ended.push({ trace, queue, ending }),
    },
  });
  await using _orders = new Worker(
    "orders",
    orders,
    async (args, { trace }) => (await mails.pushTask(task(args).meta(withTrace(trace)))).id,
    { layers: [traces] },
  );
  await using _mails = new Worker("mails", mails, (to) => `sent to ${to}`, { layers: [traces] });

  const pushed = await http(server.url).call<{ id: string }>(
    "POST",
    "/v1/queues/orders/tasks",
    { args: "ada" },
    headers,
  );
  const mail = unwrap(await orders.waitForSingle(pushed.body.id));
  expect(await mails.waitForSingle(mail)).toMatchObject({ status: "Done", value: "sent to ada" });

  await expect.poll(() => ended.length).toBe(2);
  // The mail may be sent before the one that asked for it has returned.
  const [order, sent] = ["orders", "mails"].map((queue) => ended.find((one) => one.queue === queue));
  expect(order).toMatchObject({
    queue: "orders",
    ending: "done",
    trace: { traceId, parentId, tracestate: "vendor=1" },
  });
  expect(sent).toMatchObject({ queue: "mails", ending: "done", trace: { traceId, parentId: order?.trace.spanId } });
  const found = await http(server.url).get(`/v1/queues/orders/tasks/${pushed.body.id}`);
  expect(found.body).toMatchObject({ status: "Done", meta: headers });
});
