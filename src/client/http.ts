/** The way to a server by requests alone, over the network or a service binding. */

import type { Transport } from "../backend/port.ts";
import { directoryOf } from "./directory.ts";
import { HttpPort } from "./http-port.ts";
import { type Fetch, Requests, type ServerOptions } from "./requests.ts";

/**
 * Requests to a server. A worker polls it, with polls that are held until there is a task.
 *
 * @example
 * const emails = new DurableBackend<Email>("emails", http({ url: "https://queues.example.com", token }));
 */
export function http(options: ServerOptions): Transport {
  const requests = new Requests(options);
  return { queue: (name) => new HttpPort(requests, name), directory: directoryOf(requests) };
}

/** What a binding to a Worker has. */
export interface Fetcher {
  readonly fetch: Fetch;
}

/**
 * Requests over a service binding: trusted, and not over the network. Make the backend where a request is handled: what
 * one request of a Worker has begun ends with it, and pushes of several would be gathered.
 *
 * @example
 * const emails = new DurableBackend<Email>("emails", binding(env.QUEUES));
 */
export const binding = (fetcher: Fetcher): Transport => http(serverOf(fetcher));

/** A server as it is spoken to, whether it is bound or has an address. */
export const serverOf = (server: Fetcher | ServerOptions): ServerOptions =>
  // A binding has whatever it is asked for, as something to be called. The host is for the request to be one: nobody looks it up.
  typeof (server as ServerOptions).url === "string"
    ? (server as ServerOptions)
    : { url: "https://prinia", fetch: (url, init) => (server as Fetcher).fetch(url, init) };
