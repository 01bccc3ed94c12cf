/**
 * A Hono app that pushes a task, and streams its progress and its result as server-sent events. Run `npm run dev` for the
 * queue, `npx node examples/sse/worker.ts` for someone to work, and `npx wrangler dev -c examples/sse/wrangler.toml`.
 * Then `curl -N -X POST '127.0.0.1:8789/primes?below=2000000'`.
 */

import { Hono } from "hono";
import { streamSSE } from "hono/streaming";
import { DurableBackend, http } from "prinia";

export interface Count {
  readonly below: number;
}

interface Bindings {
  readonly PRINIA_URL: string;
  readonly PRINIA_TOKEN?: string;
}

const app = new Hono<{ Bindings: Bindings }>();

app.post("/primes", async (c) => {
  const { PRINIA_URL: url, PRINIA_TOKEN: token } = c.env;
  const counts = new DurableBackend<Count, number>("primes", http({ url, token }));
  const { id } = await counts.push({ below: Number(c.req.query("below")) });
  return streamSSE(c, async (stream) => {
    const gone = new AbortController();
    stream.onAbort(() => gone.abort());
    const say = (event: string, data: unknown) => stream.writeSSE({ event, data: JSON.stringify(data) });
    await say("pushed", { id });
    const onProgress = (_: string, progress: unknown) => void say("progress", progress);
    const result = await counts.waitForSingle(id, { onProgress, signal: gone.signal });
    await say(result.status === "Done" ? "result" : "failed", result.status === "Done" ? result.value : result.error);
  });
});

export default app;
