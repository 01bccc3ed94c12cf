/** A server whose heap can be looked into: the workerd of `serve`, started with its inspector. */

import { createRequire } from "node:module";
import { http } from "../support/http.ts";
import { runProgram, until } from "../support/processes.ts";
import { freePort, type Server, startServe } from "../support/server.ts";

/** Of the one isolate in which the Worker and all objects are, in MiB, buffers included. */
export interface Heap {
  /** What is alive, and what is dead and not yet collected: more than is needed. */
  readonly used: number;
  /** What the heap occupies, with its gaps. */
  readonly total: number;
}

export interface Inspected {
  readonly url: string;
  heap(): Promise<Heap>;
  kill(): Promise<void>;
}

const MIB = 1024 * 1024;

export async function startInspected(): Promise<Inspected> {
  // It leaves its program and its configuration in the folder of its data.
  const served = await startServe();
  await served.stop();
  const [port, inspector] = [served.port, await freePort()];
  const workerd = (createRequire(import.meta.url)("workerd") as { default: string }).default;
  const args = ["serve", "workerd.capnp", `--inspector-addr=127.0.0.1:${inspector}`];
  const listen = [`--socket-addr=http=127.0.0.1:${port}`];
  const command = runProgram(workerd, [...args, ...listen], { PRINIA_AUTH: "off" }, served.data);
  await until(() => isUp(served), "workerd listens");
  const session = await Inspector.open(inspector);
  return { url: served.url, kill: command.kill, heap: () => session.heap() };
}

const isUp = ({ url }: Server): Promise<boolean> =>
  http(url)
    .get("/v1/health")
    .then(
      ({ status }) => status === 200,
      () => false,
    );

interface Reply {
  readonly id: number;
  readonly result?: Readonly<Record<string, number>>;
}

/** The DevTools protocol, as far as it is needed. */
class Inspector {
  readonly #socket: WebSocket;
  readonly #asked = new Map<number, (result: Reply["result"]) => void>();
  #calls = 0;

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.addEventListener("message", ({ data }) => {
      const { id, result } = JSON.parse(String(data)) as Reply;
      this.#asked.get(id)?.(result);
      this.#asked.delete(id);
    });
  }

  static async open(port: number): Promise<Inspector> {
    const targets = (await (await fetch(`http://127.0.0.1:${port}/json`)).json()) as { webSocketDebuggerUrl: string }[];
    const target = targets.find(({ webSocketDebuggerUrl }) => webSocketDebuggerUrl.endsWith("prinia"));
    if (!target) throw new Error(`the inspector knows nothing of the Worker: ${JSON.stringify(targets)}`);
    const socket = new WebSocket(target.webSocketDebuggerUrl);
    await new Promise((resolve) => socket.addEventListener("open", resolve));
    return new Inspector(socket);
  }

  async heap(): Promise<Heap> {
    const { usedSize = 0, totalSize = 0, backingStorageSize = 0 } = await this.#call("Runtime.getHeapUsage");
    const round = (bytes: number) => Math.round(bytes / MIB);
    return { used: round(usedSize + backingStorageSize), total: round(totalSize + backingStorageSize) };
  }

  #call(method: string): Promise<NonNullable<Reply["result"]>> {
    const { promise, resolve } = Promise.withResolvers<NonNullable<Reply["result"]>>();
    const id = ++this.#calls;
    this.#asked.set(id, (result) => resolve(result ?? {}));
    this.#socket.send(JSON.stringify({ id, method }));
    return promise;
  }
}
