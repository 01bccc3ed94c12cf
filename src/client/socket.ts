/** The way to a server by sockets: what is awaited comes as soon as it is there. */

import type { Transport } from "../backend/port.ts";
import { directoryOf } from "./directory.ts";
import { Pulse } from "./pulse.ts";
import { Requests, type ServerOptions } from "./requests.ts";
import { SocketPort } from "./socket-port.ts";

/**
 * A WebSocket for each queue, opened when it is needed: for pushes, waits and one worker; each further worker has one of
 * its own. All sockets of one `socket(…)` are kept alive by one timer.
 *
 * Not for a module of a Cloudflare Worker: there a socket ends with the request that opened it; use `http` or `binding`.
 *
 * @example
 * const emails = new DurableBackend<Email>("emails", socket({ url: "https://queues.example.com", token }));
 */
export function socket(options: ServerOptions): Transport {
  const requests = new Requests(options);
  const pulse = new Pulse();
  const ports = new Map<string, SocketPort>();
  const queue = (name: string): SocketPort => {
    const port = ports.get(name) ?? new SocketPort(requests, name, pulse);
    ports.set(name, port);
    return port;
  };
  return { queue, directory: directoryOf(requests) };
}
