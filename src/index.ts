/** The deployable Worker: the router, and the two kinds of object. */

import type { Env } from "./env.ts";
import { createApp } from "./http/app.ts";

export { DirectoryObject } from "./object/directory.ts";
export { QueueObject } from "./object/queue.ts";

const app = createApp();

export default {
  fetch: (request: Request, env: Env, ctx: ExecutionContext) => app.fetch(request, env, ctx),
};
