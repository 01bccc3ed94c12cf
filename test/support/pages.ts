/** Pages for a browser: a program bundled as anybody would, behind a server of its own. */

import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { build } from "esbuild";
import { cleanUp } from "./cleanup.ts";

/** Serves an empty page that runs a program; resolves to its origin. */
export async function servePage(entry: string): Promise<string> {
  const { outputFiles } = await build({ entryPoints: [entry], bundle: true, write: false, format: "esm" });
  const html = '<!doctype html><link rel="icon" href="data:,"><script type="module" src="/page.js"></script>';
  const server = createServer(({ url }, answer) => {
    const script = url === "/page.js";
    answer.setHeader("content-type", script ? "text/javascript" : "text/html");
    answer.end(script ? outputFiles[0]?.text : html);
  }).listen(0, "127.0.0.1");
  cleanUp(() => {
    server.close();
    server.closeAllConnections();
  });
  await once(server, "listening");
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
