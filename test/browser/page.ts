/** What runs in the page: the client and the worker from the sources, bundled as anybody would. */

import { DurableBackend, http, type PriniaError, socket, unwrap } from "../../src/client/index.ts";
import { Worker } from "../../src/worker/index.ts";

export interface Place {
  readonly url: string;
  readonly queue: string;
  readonly token?: string | undefined;
}

interface Sum {
  readonly a: number;
  readonly b: number;
}

export interface Report {
  readonly values: readonly number[];
  readonly progress: readonly unknown[];
  readonly failure: string;
  readonly undone: number;
}

const COUNT = 200;

/** Pushes, works and waits, all in this page and over one socket. */
async function sums({ url, queue, token }: Place): Promise<Report> {
  const backend = new DurableBackend<Sum, number>(queue, socket({ url, token }));
  const worker = new Worker(
    "page",
    backend,
    ({ a, b }, { progress }) => {
      if (a < 0) throw new RangeError("below zero");
      if (b === 0) progress("nearly there");
      return a + b;
    },
    { concurrency: 20 },
  );
  const pushed = await backend.pushBulk(Array.from({ length: COUNT }, (_, a) => ({ a, b: a % 10 })));
  const values = new Map<string, number>();
  const progress: unknown[] = [];
  const onProgress = (_: string, value: unknown) => progress.push(value);
  for await (const result of backend.waitFor(pushed, { onProgress })) values.set(result.id, unwrap(result));
  const failing = await backend.pushTask({ args: { a: -1, b: 0 }, maxAttempts: 1 });
  const failed = await backend.waitForSingle(failing);
  await worker.stop();
  const left = (await backend.checkStatus(pushed)).filter(({ status }) => status !== "Done");
  return {
    values: pushed.map(({ id }) => values.get(id) ?? Number.NaN),
    progress,
    failure: failed.status === "Killed" ? failed.error : failed.status,
    undone: left.length,
  };
}

/** Pushes over HTTP, from one origin to another; the answer, or the code of the refusal. */
async function pushOverHttp({ url, queue, token }: Place): Promise<string> {
  const backend = new DurableBackend<Sum, number>(queue, http({ url, token }));
  return backend.push({ a: 1, b: 2 }).then(
    ({ status }) => status,
    (error: PriniaError) => error.code,
  );
}

const exposed = { sums, pushOverHttp };
export type Exposed = typeof exposed;
Object.assign(globalThis, exposed);
