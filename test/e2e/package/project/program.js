// A program that pushes, works and waits: in the same words on every backend, and the same on every platform.
import { DurableBackend, http, socket, TaskFailedError, task, unwrap } from "prinia";
import { MemoryStorage } from "prinia/memory";
import { msgpack } from "prinia/msgpack";
import { AbortError, Worker } from "prinia/worker";

function greet({ name }, { attempt }) {
  if (name === "nobody") throw new AbortError("nobody is there");
  if (name === "Grace" && attempt === 1) throw new Error("not yet");
  return `Hello, ${name}! (attempt ${attempt})`;
}

/** What a task came to, in words. */
function told(result) {
  try {
    return unwrap(result);
  } catch (error) {
    // What one entry of the package throws is the class that another exports.
    return error instanceof TaskFailedError ? `failed: ${error.message}` : `odd: ${error}`;
  }
}

/** Has a queue greet three, stops its worker, and tells what came of it. */
export async function greeted(queue) {
  const worker = new Worker("greeter", queue, greet, { concurrency: 2 });
  const [ada, nobody] = await queue.pushBulk([{ name: "Ada" }, { name: "nobody" }]);
  const grace = await queue.pushTask(task({ name: "Grace" }).priority(5).backoff({ base: "50ms" }));
  const results = new Map();
  for await (const result of queue.waitFor([ada, nobody, grace])) results.set(result.id, told(result));
  await worker.stop();
  await worker.closed;
  return [ada, nobody, grace].map(({ id }) => results.get(id));
}

/**
 * Greets by each way to a server, in memory, and in another codec.
 *
 * @param url of the server
 * @param name what the queues' names begin with
 */
export async function program(url, name) {
  const queues = {
    socket: new DurableBackend(`${name}/socket`, socket({ url })),
    http: new DurableBackend(`${name}/http`, http({ url })),
    memory: new MemoryStorage(`${name}/memory`),
    msgpack: new DurableBackend(`${name}/msgpack`, http({ url }), { codec: msgpack }),
  };
  const greetings = Object.entries(queues).map(async ([way, queue]) => [way, await greeted(queue)]);
  return Object.fromEntries(await Promise.all(greetings));
}
