/** The deployable Worker: the router, the pages, the two kinds of object, and the entrypoint for service bindings. */

import type { Env } from "./env.ts";
import { pages } from "./http/pages.ts";
import { app } from "./service.ts";

export { DirectoryObject } from "./object/directory.ts";
export { QueueObject } from "./object/queue.ts";
export { PriniaService, type ServiceProps } from "./service.ts";

export default {
  fetch: (request: Request, env: Env, ctx: ExecutionContext) => pages(request, env) ?? app.fetch(request, env, ctx),
};
