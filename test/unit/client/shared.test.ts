import { expect, test } from "vitest";
import { DurableBackend, http, shared } from "../../../src/client/index.ts";
import { serverOf } from "./fake-fetch.ts";

test("shared queues go over one client", async () => {
  const { sent, fetch } = serverOf(() => Response.json({ cancelled: true }));
  let issued = 0;
  const queues = shared(http({ url: "http://queue.test", fetch, token: () => `t${++issued}` }));
  const emails = queues.makeShared<{ to: string }>("emails");
  expect(emails).toBeInstanceOf(DurableBackend);
  await emails.cancel("t1");
  await queues.makeShared("images").cancel("t2");
  expect(sent.map(({ url, headers }) => [url, headers.authorization])).toEqual([
    ["http://queue.test/v1/queues/emails/tasks/t1/cancel", "Bearer t1"],
    ["http://queue.test/v1/queues/images/tasks/t2/cancel", "Bearer t2"],
  ]);
});

test("a name that is taken is refused, and named", () => {
  const queues = shared(http({ url: "http://queue.test" }));
  queues.makeShared("emails");
  expect(() => queues.makeShared("emails")).toThrow(expect.objectContaining({ code: "bad_request", path: "queue" }));
  expect(() => queues.makeShared("emails")).toThrow(/"emails"/);
  expect(() => queues.makeShared("..")).toThrow(expect.objectContaining({ code: "bad_request" }));
  // Another place is another matter.
  expect(
    shared(http({ url: "http://queue.test" }))
      .makeShared("emails")
      .getQueue(),
  ).toBe("emails");
});
