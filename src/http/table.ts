/** The table of routes, and what can be read off it. */

import { openApiDocument } from "./openapi.ts";
import type { Route } from "./route.ts";
import { allQueueRoutes } from "./routes/all-queues.ts";
import { bulkRoutes } from "./routes/bulk.ts";
import { byIdRoutes } from "./routes/by-id.ts";
import { feedRoutes } from "./routes/feed.ts";
import { metaRoutes } from "./routes/meta.ts";
import { queueRoutes } from "./routes/queues.ts";
import { scheduleRoutes } from "./routes/schedules.ts";
import { socketRoutes } from "./routes/sockets.ts";
import { taskRoutes } from "./routes/tasks.ts";
import { waitRoutes } from "./routes/wait.ts";
import { waitTokenRoutes } from "./routes/wait-token.ts";
import { workRoutes } from "./routes/work.ts";

/** Every route of the protocol. The OpenAPI document is made of them once, when it is first asked for. */
export function allRoutes(): readonly Route[] {
  let text: string | undefined;
  const document = (): string => {
    text ??= JSON.stringify(openApiDocument(routes));
    return text;
  };
  const routes: readonly Route[] = [
    ...metaRoutes(document),
    ...allQueueRoutes,
    ...queueRoutes,
    ...taskRoutes,
    ...bulkRoutes,
    ...byIdRoutes,
    ...workRoutes,
    ...waitRoutes,
    ...waitTokenRoutes,
    ...feedRoutes,
    ...scheduleRoutes,
    ...socketRoutes,
  ];
  return routes;
}

/** The paths, those with fewer parameters first: `tasks/resume` is no task, though it looks like `tasks/:id`. */
export function mostPreciseFirst(routes: readonly Route[]): string[] {
  const parameters = (path: string) => path.split(":").length;
  return [...new Set(routes.map(({ path }) => path))].sort((a, b) => parameters(a) - parameters(b));
}

/** The methods that a path has, also by way of a pattern that it fits. */
export function methodsOf(path: string, routes: readonly Route[]): string[] {
  const methods = new Set(routes.filter((route) => fits(path, route.path)).map(({ method }) => method));
  return methods.has("GET") ? ["HEAD", ...methods] : [...methods];
}

function fits(path: string, pattern: string): boolean {
  const segments = path.split("/");
  const wanted = pattern.split("/");
  return (
    segments.length === wanted.length &&
    wanted.every((segment, place) => segment.startsWith(":") || segment === segments[place])
  );
}
