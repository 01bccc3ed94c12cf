// Another Worker reaches the queues by a service binding to PriniaService, without a token.
import { exports } from "cloudflare:workers";
import { expect, test } from "vitest";

const post = (body: unknown): RequestInit => ({
  method: "POST",
  headers: { "content-type": "application/json" },
  body: JSON.stringify(body),
});

test("a service binding is trusted: its pushes need no token", async () => {
  const answer = await exports.PriniaService.fetch("https://prinia/v1/queues/bound/tasks", post({ args: 1 }));
  expect(answer.status).toBe(201);
  expect(await answer.json()).toMatchObject({ status: "Pending", created: true });
});

test("the binding's props narrow what it may do, and on which queues", async () => {
  const narrow = exports.PriniaService({ props: { queues: ["mail*"], scope: ["push"] } });
  const pushed = await narrow.fetch("https://prinia/v1/queues/mails/tasks", post({ args: 1 }));
  expect(pushed.status).toBe(201);
  const elsewhere = await narrow.fetch("https://prinia/v1/queues/bound/tasks", post({ args: 1 }));
  expect(elsewhere.status).toBe(403);
  const polled = await narrow.fetch("https://prinia/v1/queues/mails/poll", post({ worker: "w" }));
  expect(polled.status).toBe(403);
  expect(await polled.json()).toMatchObject({ code: "forbidden" });
});
