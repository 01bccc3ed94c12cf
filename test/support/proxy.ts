/** A TCP proxy in front of a server, which misbehaves when told to: swallows bytes, is slow, cuts. */

import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { cleanUp } from "./cleanup.ts";

export interface TcpProxy {
  readonly url: string;
  /** Swallows whatever comes either way from now on, on connections that are open: half-open, as nobody is told. */
  swallow(): void;
  /** Each piece of data arrives so many ms late, in order. */
  delay(ms: number): void;
  /** Breaks all connections without a farewell. New ones are served. */
  cut(): void;
  /** Connections made so far. */
  connections(): number;
}

interface Pair {
  readonly client: Socket;
  readonly server: Socket;
  swallowing: boolean;
}

export async function startProxy(target: string): Promise<TcpProxy> {
  const { hostname, port } = new URL(target);
  const pairs = new Set<Pair>();
  let lateMs = 0;
  let made = 0;

  const pass = (pair: Pair, from: Socket, to: Socket): void => {
    from.on("data", (bytes) => {
      if (pair.swallowing) return;
      // Timers of one length fire in the order in which they were set.
      if (lateMs > 0) setTimeout(() => to.writable && to.write(bytes), lateMs);
      else to.write(bytes);
    });
    from.on("error", () => undefined);
    from.on("close", () => {
      if (!pair.swallowing) setTimeout(() => to.destroy(), lateMs);
    });
  };

  const listener = createServer((client) => {
    made++;
    const server = connect(Number(port), hostname);
    const pair: Pair = { client, server, swallowing: false };
    pairs.add(pair);
    client.on("close", () => pairs.delete(pair));
    pass(pair, client, server);
    pass(pair, server, client);
  });
  listener.listen(0, "127.0.0.1");
  await once(listener, "listening");

  const cut = (): void => {
    for (const { client, server } of pairs) {
      client.destroy();
      server.destroy();
    }
    pairs.clear();
  };
  cleanUp(async () => {
    listener.close();
    cut();
  });
  return {
    url: `http://127.0.0.1:${(listener.address() as AddressInfo).port}`,
    swallow: () => {
      for (const pair of pairs) pair.swallowing = true;
    },
    delay: (ms) => {
      lateMs = ms;
    },
    cut,
    connections: () => made,
  };
}
