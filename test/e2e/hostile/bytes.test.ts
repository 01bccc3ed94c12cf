/** Bytes that no client library sends: nothing is stored, nothing falls over, and the next request is answered. */

import { expect, test } from "vitest";
import { Queue, serverForFile } from "../contract/queue.ts";
import { raw } from "./corpus/raw.ts";
import { exchange } from "./wire.ts";

const server = serverForFile();
const queue = () => new Queue(server(), "hostile bytes");

test.each(raw)("%s", async (_, bytes) => {
  const reply = await exchange(server().port, Buffer.from(bytes, "latin1"), true);
  if (reply !== null && reply.status !== 501) {
    expect(reply.status, reply.text.slice(0, 200)).toBeGreaterThanOrEqual(400);
    expect(reply.status, reply.text.slice(0, 200)).toBeLessThan(500);
  }
  expect((await queue().get("")).status).toBe(404);
});

test("after all of them the queue takes a task", async () => {
  await queue().push();
  expect(await queue().counts()).toMatchObject({ Pending: 1 });
});
