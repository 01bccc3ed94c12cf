/** The Hono app: every route, and what stands before each of them. */

import { type Context, Hono } from "hono";
import { declareQueues, type QueueOptions } from "../declared.ts";
import { type Env, type Settings, settings } from "../env.ts";
import { logBug } from "../protocol/bug.ts";
import type { Layouts } from "../task/layout.ts";
import { allLayouts } from "../task/layouts.ts";
import { type Failure, fail, ok, type Result } from "../task/result.ts";
import { authenticate, authorize, notConfigured, trustedCaller, type Visitor } from "./access.ts";
import { problem } from "./answer.ts";
import { ANYBODY, Audit, isAudited } from "./audit.ts";
import { Beats } from "./beats.ts";
import { drain } from "./body.ts";
import { internal } from "./call.ts";
import { allowOrigin, checkOrigin, isPreflight, preflight } from "./cross-site.ts";
import { pathParameters, rawPath } from "./path.ts";
import type { Arrival, Route } from "./route.ts";
import { allRoutes, methodsOf, mostPreciseFirst } from "./table.ts";
import { REAL_TIME, type Timing } from "./timing.ts";
import { isUpgrade, TOKEN_PARAMETER } from "./token.ts";

/** @template E the bindings of the Worker, as a queue's `consumer` is given them */
export interface AppOptions<E = Env> {
  /**
   * What code says of queues, by name or by a prefix that ends in `*`: who consumes them, their settings, and into how
   * many objects they are divided. Each option is that of the queue's own name, else of the longest prefix that has it.
   */
  readonly queues?: Readonly<Record<string, QueueOptions<E>>>;
  /** Clock and chance; the real ones unless given. */
  readonly timing?: Timing;
}

const TRUSTED = Symbol("trusted");

/** The bindings, and the mark of a request that came through a service binding. */
export interface Bindings extends Env {
  readonly [TRUSTED]?: { readonly props: unknown };
}

/**
 * Marks a request as coming from a service binding: it needs no token, and `props` may narrow what it may do.
 *
 * @example
 * export class PriniaService extends WorkerEntrypoint<Env, ServiceProps> {
 *   fetch(request: Request) {
 *     return app.fetch(request, trusting(this.env, this.ctx.props), this.ctx);
 *   }
 * }
 */
export const trusting = (env: Env, props: unknown): Bindings => ({ ...env, [TRUSTED]: { props } });

type Hosted = { Bindings: Bindings };
type Incoming = Context<Hosted>;

/** A request, once it is known that it may be answered at all. */
interface Admitted {
  readonly incoming: Incoming;
  readonly configured: Settings;
  /** As the code has them. */
  readonly coded: Layouts;
  readonly beats: Beats;
  readonly timing: Timing;
}

/** Of a route that asks nothing, nobody is anybody. */
const NOBODY: Visitor = { caller: { scopes: [], queues: [], exp: null }, actor: ANYBODY };

/**
 * Makes the app. It answers below `/v1`, and can be mounted below any prefix.
 *
 * @throws TypeError when the `queues` are not well formed
 * @example
 * new Hono<{ Bindings: Env }>().route("/queue", createApp<Env>({ queues: { emails: { consumer: (env) => env.MAILER } } }));
 */
export function createApp<E = Env>({ timing = REAL_TIME, queues = {} }: AppOptions<E> = {}): Hono<Hosted> {
  const coded = declareQueues(queues);
  const beats = new Beats();
  const app = new Hono<Hosted>({ getPath: (request) => rawPath(request.url) });
  const routes = allRoutes();
  const answer = (incoming: Incoming, where: string, handle: (admitted: Admitted) => Promise<Result<Response>>) =>
    admit({ incoming, configured: settings(incoming.env), coded, beats, timing }, where, handle);
  for (const route of routes) {
    const where = `${route.method} ${route.path}`;
    app.on(route.method, route.path, (c) => answer(c, where, (admitted) => run(admitted, route)));
  }
  for (const path of mostPreciseFirst(routes)) {
    const allow = methodsOf(path, routes);
    const detail = `This route has ${allow.join(", ")} only.`;
    app.all(path, (c) =>
      answer(c, path, (admitted) => refuse(admitted, fail("method_not_allowed", detail, { allow }))),
    );
  }
  const nowhere = (c: Incoming) => answer(c, "an unknown route", (admitted) => refuse(admitted, noSuchRoute()));
  // Both, since an app that is mounted by `route` loses its `notFound`.
  app.all("/v1/*", nowhere);
  app.notFound(nowhere);
  return app;
}

/** What stands before every route: where the request comes from, and CORS. */
async function admit(
  admitted: Admitted,
  where: string,
  handle: (admitted: Admitted) => Promise<Result<Response>>,
): Promise<Response> {
  const { incoming, configured } = admitted;
  const request = incoming.req.raw;
  const origin = incoming.env[TRUSTED] === undefined ? checkOrigin(request, configured) : ok(null);
  if (!origin.ok) return safely(admitted, where, async () => origin);
  if (origin.value !== null && isPreflight(request) && isConfigured(admitted)) return preflight(origin.value);
  const response = await safely(admitted, where, handle);
  // The headers of a 101 are the runtime's, and to an answer of an object none can be added.
  return origin.value === null || isUpgrade(request) ? response : allowOrigin(response, origin.value);
}

/** Nothing gets out as an exception. */
async function safely(
  admitted: Admitted,
  where: string,
  handle: (admitted: Admitted) => Promise<Result<Response>>,
): Promise<Response> {
  const request = admitted.incoming.req.raw;
  try {
    const answer = await handle(admitted);
    return answer.ok ? answer.value : await refusal(admitted, answer.error);
  } catch (error) {
    // A client that goes away in the middle of its body is no bug.
    if (!request.signal.aborted) logBug(where, error);
    return problem(internal().error);
  }
}

async function refusal({ incoming, timing }: Admitted, failure: Failure): Promise<Response> {
  await drain(incoming.req.raw, timing);
  return problem(failure);
}

const isConfigured = ({ incoming, configured }: Admitted): boolean =>
  configured.auth.mode !== "missing" || incoming.env[TRUSTED] !== undefined;

/** A server without a secret says so, whatever is asked of it. */
const refuse = async (admitted: Admitted, refusal: Result<Response>): Promise<Result<Response>> =>
  isConfigured(admitted) ? refusal : notConfigured();

const noSuchRoute = () => fail("not_found", "There is no such route; GET /v1/openapi.json lists those there are.");

/** Answers by a route; if its verb manages, there is a line of it, however it ends. */
async function run(admitted: Admitted, route: Route): Promise<Result<Response>> {
  const audit = isAudited(route.access) ? new Audit(route.operation) : null;
  let outcome: Result<Response> = internal();
  try {
    outcome = await answerOf(admitted, route, audit);
    return outcome;
  } finally {
    await audit?.write(admitted.timing.now(), outcome);
  }
}

/** Checks who calls and what they may, and hands the request to its route. */
async function answerOf(admitted: Admitted, route: Route, audit: Audit | null): Promise<Result<Response>> {
  const { incoming, configured, coded, beats, timing } = admitted;
  const request = incoming.req.raw;
  const visitor = await visitorOf(admitted, route);
  if (audit !== null && visitor.ok) audit.actor = visitor.value.actor;
  const parameters = pathParameters(request.url, route.path);
  if (audit !== null && parameters.ok) audit.parameters = parameters.value;
  if (!visitor.ok) return visitor;
  if (!parameters.ok) return parameters;
  const { caller } = visitor.value;
  if (typeof route.access !== "string") {
    const allowed = authorize(caller, route.access, route.forTasks, parameters.value.queue);
    if (!allowed.ok) return allowed;
  }
  const layouts = route.access === "open" ? ok(coded) : allLayouts(coded, configured.layouts);
  if (!layouts.ok) return layouts;
  const background = (work: Promise<unknown>) => keepAlive(incoming, work, `${route.method} ${route.path}`);
  const note: Arrival["note"] = (more) => {
    if (audit !== null) audit.note = more;
  };
  const arrival = { request, env: incoming.env, layouts: layouts.value, beats, caller, timing, background, note };
  return route.run(arrival, parameters.value);
}

async function visitorOf({ incoming, configured, timing }: Admitted, route: Route): Promise<Result<Visitor>> {
  const { access } = route;
  if (access === "open") return ok(NOBODY);
  const trusted = incoming.env[TRUSTED];
  if (trusted !== undefined) return trustedCaller(trusted.props);
  if (access === "configured") return configured.auth.mode === "missing" ? notConfigured() : ok(NOBODY);
  const inQuery = Object.hasOwn(route.query.entries, TOKEN_PARAMETER);
  return authenticate(incoming.req.raw, configured, inQuery, timing.now());
}

/** Lets work outlive its request, where there is a runtime that would end it. */
function keepAlive(incoming: Incoming, work: Promise<unknown>, where: string): void {
  const watched = work.catch((error: unknown) => logBug(where, error));
  try {
    incoming.executionCtx.waitUntil(watched);
  } catch {
    // Hono throws where there is no such context: in a test, or on another runtime.
  }
}
