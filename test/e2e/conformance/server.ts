/** A server for the conformance suite. */

import { existsSync } from "node:fs";
import { temporaryFolder } from "../../support/cleanup.ts";
import type { Server } from "../../support/server.ts";
import { serverForFile } from "../contract/queue.ts";

/** Where there is one: hundreds of queues at once wait for the disk most of their time, and no case asks what is on it. */
const MEMORY = "/dev/shm";

export const conformanceServer = (): (() => Server) =>
  serverForFile(existsSync(MEMORY) ? { data: temporaryFolder(MEMORY) } : {});
