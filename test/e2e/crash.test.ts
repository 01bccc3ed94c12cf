// The demo's load on real files, with the server killed in the middle of it.
import { DurableBackend, http } from "prinia";
import { expect, test } from "vitest";
import { type FileQueue, runLoad } from "../../examples/demo/load.ts";
import { filesIn, planFor } from "../../examples/demo/plan.ts";
import { verify } from "../../examples/demo/verify.ts";
import { ROOT, runNode } from "../support/processes.ts";
import { startServe } from "../support/server.ts";

const QUEUE = "files";

test("kill -9 in the middle of the load, twice: nothing that was answered is lost, and every task ends once", async () => {
  let server = await startServe();
  for (let worker = 0; worker < 2; worker++) runNode(["examples/demo/worker.ts", server.url, QUEUE], {});
  const folder = `${ROOT}node_modules/@cloudflare/workers-types`;
  const files = await filesIn(`${ROOT}node_modules/typescript`);
  const plan = planFor(files, folder);
  const kills = [Math.floor(plan.length / 4), Math.floor(plan.length / 2)];
  const { promise: crashed, resolve, reject } = Promise.withResolvers<void>();
  let results = 0;
  const crash = async () => {
    await server.kill();
    server = await server.restart();
    if (kills.length === 0) resolve();
  };
  const queue: FileQueue = new DurableBackend(QUEUE, http({ url: server.url }));
  const outcomes = await runLoad(queue, plan, {
    retry: true,
    onResult: () => {
      results++;
      if (kills[0] !== results) return;
      kills.shift();
      crash().catch(reject);
    },
  });
  await crashed;
  expect(outcomes).toHaveLength(plan.length);
  expect((await verify(queue, outcomes)).faults).toEqual([]);
  const { counts } = await queue.fetchByQueue();
  expect(counts).toEqual({ Pending: 0, Queued: 0, Running: 0, Done: plan.length - 2, Failed: 0, Killed: 2 });
});
