/** DurableBackend over sockets passes the conformance suite of the traits. */

import { http } from "../../../src/client/http.ts";
import { socket } from "../../../src/client/socket.ts";
import { offered } from "../../conformance/traits/backends.ts";
import { Lines } from "../../conformance/traits/lines.ts";
import { fetchBy, servedBench } from "../../conformance/traits/served.ts";
import { socketsBy } from "../../conformance/traits/sockets.ts";
import { traitConformance } from "../../conformance/traits/suite.ts";
import { conformanceServer } from "./server.ts";

const server = conformanceServer();
const lines = new Lines();
const fetch = fetchBy(lines, (url, init) => globalThis.fetch(url, init));
globalThis.WebSocket = socketsBy(lines);

traitConformance(
  {
    ...offered("DurableBackend, socket"),
    open: () =>
      servedBench({
        connect: () => socket({ url: server().url, fetch }),
        aside: http({ url: server().url }),
        lines,
      }),
  },
  { atATime: 8 },
);
