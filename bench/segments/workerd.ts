/**
 * `node bench/segments/workerd.ts [scene [times]]`: both layouts by turns on plain workerd, each commit on the disk. Rows
 * are the bill, indexes included; bytes are those that the database grew by.
 */

import { play, type Stage } from "./report.ts";
import type { Figure } from "./scenes.ts";
import { BUNDLE, OBJECTS, type Server, startServer } from "./server.ts";

const start = (layout: "rows" | "segments"): Promise<Server> =>
  startServer(
    layout,
    "bench/segments/edge/object.ts",
    ({ date }) => `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [(name = "main", worker = .main), (name = "objects", disk = (path = "${OBJECTS}", writable = true))],
  sockets = [(name = "http", address = "127.0.0.1:0", http = (), service = "main")],
);
const main :Workerd.Worker = (
  modules = [(name = "worker.js", esModule = embed "${BUNDLE}")],
  compatibilityDate = "${date}",
  durableObjectNamespaces = [(className = "Stand", uniqueKey = "stand", enableSql = true)],
  durableObjectStorage = (localDisk = "objects"),
  bindings = [(name = "STAND", durableObjectNamespace = "Stand")],
);
`,
  );

const stage =
  ({ url }: Server): Stage =>
  async ({ name }) =>
    (await (await fetch(`${url}/${encodeURIComponent(name)}`)).json()) as Figure[];

const [only, times = "3"] = process.argv.slice(2);
const [rows, segments] = [await start("rows"), await start("segments")];
try {
  await play(stage(rows), stage(segments), only, Number(times));
} finally {
  await rows.stop();
  await segments.stop();
}
