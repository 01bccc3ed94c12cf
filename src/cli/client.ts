/** Where the server is, and how commands get there. */

import type { Transport } from "../backend/port.ts";
import { QueueBackend } from "../backend/queue-backend.ts";
import { http } from "../client/http.ts";
import type { ServerOptions } from "../client/requests.ts";
import { socket } from "../client/socket.ts";
import { UsageError } from "./exit.ts";
import type { Terminal } from "./terminal.ts";

/** People do not wait for long for a server that is not there. */
const TRIES = 4;

const DEFAULT_URL = "http://127.0.0.1:8787";

/** Options that every command which asks a server takes. */
export const SERVER_ARGS = {
  url: { type: "string", valueHint: "url", description: `The server; PRINIA_URL when left out, else ${DEFAULT_URL}` },
  token: { type: "string", valueHint: "jwt", description: "The token; PRINIA_TOKEN when left out" },
} as const;

export const JSON_ARG = {
  json: { type: "boolean", description: "For programs: one line of JSON a thing" },
} as const;

interface ServerArgs {
  readonly url?: string | undefined;
  readonly token?: string | undefined;
}

export const urlOf = ({ url }: ServerArgs, { env }: Terminal): string => url || env.PRINIA_URL || DEFAULT_URL;

/** @throws UsageError when the address is none */
export function serverOf(args: ServerArgs, terminal: Terminal): ServerOptions {
  const url = urlOf(args, terminal);
  if (!/^https?:$/.test(protocolOf(url)))
    throw new UsageError(`--url or PRINIA_URL is ${JSON.stringify(url)}: give an address such as ${DEFAULT_URL}.`);
  const token = args.token || terminal.env.PRINIA_TOKEN || undefined;
  return { url, token, fetch: terminal.fetch, tries: TRIES };
}

function protocolOf(url: string): string {
  try {
    return new URL(url).protocol;
  } catch {
    return "";
  }
}

export function transportOf(args: ServerArgs, terminal: Terminal, by: "http" | "socket" = "http"): Transport {
  const server = serverOf(args, terminal);
  if (terminal.connect) return terminal.connect(server);
  return by === "http" ? http(server) : socket(server);
}

/** A queue of the server. Args and results are whatever they are. */
export const queueOf = (args: ServerArgs & { readonly queue: string }, terminal: Terminal): QueueBackend =>
  new QueueBackend(args.queue, transportOf(args, terminal));
