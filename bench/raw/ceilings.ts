/** What the same machine can do without a queue, measured beside each workload. */

import { quantiles } from "../numbers.ts";
import { connected } from "../socket.ts";
import { plainFetch } from "../wire.ts";
import { BATCH, PAYLOAD, type Run, rated, type Sizes } from "../workloads/workload.ts";

export interface Ceiling {
  /** The same SQL in one object, in commits of this size, without a protocol. */
  readonly sql: Run;
  /** Frames of the same size over a socket, answered by an object that does nothing else. */
  readonly echo?: Run;
}

/** Bytes of an answer for one task, and of one task on its way to a worker: see docs/protocol.md. */
const ANSWER = 68;
const LEASED = 430;
const ACK = 100;
const TASK = JSON.stringify({ args: PAYLOAD }).length;

/** @param object of its own, so that nothing is left of another run */
export type CeilingOf = (url: string, object: string) => Promise<Ceiling>;

export function ceilingsOf(sizes: Sizes): Readonly<Record<string, CeilingOf>> {
  const few = (url: string, object: string) => sql(url, object, "push", sizes.few, BATCH);
  const large = new Map<string, Promise<unknown>>();
  return {
    W1: async (url, object) => ({
      sql: await sql(url, object, "push", sizes.bulk, BATCH),
      echo: await echo(url, sizes.bulk, BATCH, TASK, ANSWER),
    }),
    W2: async (url, object) => {
      await sql(url, object, "push", sizes.drain, BATCH);
      const drained = await sql(url, object, "drain", sizes.drain, BATCH);
      return { sql: drained, echo: await echo(url, sizes.drain, BATCH, ACK, LEASED) };
    },
    W3: async (url, object) => ({
      sql: await sql(url, object, "push", sizes.single, 32),
      echo: await echo(url, sizes.single, 32, TASK, ANSWER, 1),
    }),
    W4: async (url, object) => ({
      sql: await sql(url, object, "life", sizes.idle, 1),
      echo: await relay(url, object, sizes.idle),
    }),
    W5: async (url, object) => {
      const filled = large.get(url) ?? sql(url, "large/0", "push", sizes.many, 1000);
      large.set(url, filled);
      await Promise.all([filled, few(url, object)]);
      const alone = await sql(url, object, "drain", sizes.few, BATCH);
      const behind = await sql(url, "large/0", "drain", sizes.few, BATCH);
      return { sql: { ...behind, ratio: (behind.perSecond ?? 0) / (alone.perSecond ?? 1) } };
    },
    W6: async (url, object) => ({
      sql: await sql(url, object, "life", sizes.steady, 4),
      echo: await echo(url, sizes.steady, 4, TASK, LEASED, 1),
    }),
  };
}

async function sql(url: string, object: string, verb: string, count: number, batch: number): Promise<Run> {
  const query = new URLSearchParams({ object, count: String(count), batch: String(batch) });
  const begun = performance.now();
  const response = await plainFetch(`${url}/sql/${verb}?${query}`);
  if (!response.ok) throw new Error(`the bare object failed: ${await response.text()}`);
  const commits = (await response.json()) as number;
  const run = rated(count, begun);
  // Of each commit alone nothing is known: the clock inside an object has whole milliseconds.
  return { ...run, p50: run.ms / commits };
}

/** @param up bytes that go to the object for each task, and `down` bytes that come back; `inFlight` frames at a time */
async function echo(url: string, count: number, batch: number, up: number, down: number, inFlight = 2): Promise<Run> {
  const socket = await connected(`${url}/echo?object=echo/0`);
  const frame = String(down * batch).padEnd(up * batch);
  const latencies: number[] = [];
  const sent: number[] = [];
  let left = count / batch;
  const send = () => {
    sent.push(performance.now());
    socket.send(frame);
  };
  const { promise, resolve } = Promise.withResolvers<void>();
  socket.addEventListener("message", () => {
    latencies.push(performance.now() - (sent.shift() ?? 0));
    left--;
    if (left >= inFlight) send();
    if (left <= 0) resolve();
  });
  const begun = performance.now();
  for (let i = 0; i < Math.min(inFlight, left); i++) send();
  await promise;
  const run = { ...rated(count, begun), ...quantiles(latencies) };
  socket.close();
  return run;
}

/** From one socket through an object to another: the way of a task without its row. */
async function relay(url: string, object: string, count: number): Promise<Run> {
  const place = `${url}/relay?object=${encodeURIComponent(`${object}-relay`)}`;
  const [from, to] = await Promise.all([connected(place), connected(place)]);
  const latencies: number[] = [];
  const text = JSON.stringify(PAYLOAD);
  const begun = performance.now();
  for (let i = 0; i < count; i++) {
    const sent = performance.now();
    const { promise, resolve } = Promise.withResolvers<void>();
    to.addEventListener("message", () => resolve(), { once: true });
    from.send(text);
    await promise;
    latencies.push(performance.now() - sent);
  }
  const run = { ...rated(count, begun), ...quantiles(latencies) };
  from.close();
  to.close();
  return run;
}
