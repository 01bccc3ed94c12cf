/** Where to listen, tried out beforehand: workerd's own words for a taken port are not for people. */

import { lookup } from "node:dns/promises";
import { createServer } from "node:net";
import type { Result } from "../task/result.ts";

/** A host as it stands in a URL or before a port: IPv6 in brackets. */
export const inUrl = (host: string): string => (host.includes(":") ? `[${host}]` : host);

/**
 * Resolves the host to one numeric address, and makes sure that the port is free there.
 * @returns the address for workerd; a port of 0 stays 0
 */
export async function findAddress(host: string, port: number): Promise<Result<string, string>> {
  let address: string;
  try {
    ({ address } = await lookup(host));
  } catch {
    return {
      ok: false,
      error: `HOST is ${JSON.stringify(host)}, which is no name or address that this machine knows.`,
    };
  }
  const code = await tryListening(address, port);
  if (code !== undefined) return { ok: false, error: explain(code, host, port) };
  return { ok: true, value: `${inUrl(address)}:${port}` };
}

function tryListening(host: string, port: number): Promise<string | undefined> {
  const { promise, resolve } = Promise.withResolvers<string | undefined>();
  const server = createServer();
  server.once("error", (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
  server.listen({ host, port, exclusive: true }, () => server.close(() => resolve(undefined)));
  return promise;
}

function explain(code: string, host: string, port: number): string {
  switch (code) {
    case "EADDRINUSE":
      return `Port ${port} on ${host} is taken by another program: stop that, or set PORT to a free one (PORT=0 finds one).`;
    case "EACCES":
      return `Port ${port} needs rights that this user does not have: set PORT to one above 1023.`;
    case "EADDRNOTAVAIL":
      return `HOST is ${JSON.stringify(host)}, which is not an address of this machine.`;
    default:
      return `Listening on ${host}, port ${port}, failed with ${code}: set HOST and PORT to what this machine has.`;
  }
}
