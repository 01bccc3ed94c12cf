/** What a route is: one row that the router, the access check and the OpenAPI document all read. */

import type * as v from "valibot";
import type { Env } from "../env.ts";
import type { Caller } from "../protocol/caller.ts";
import { decodeQuery } from "../protocol/query.ts";
import { emptyBodySchema, noQuerySchema } from "../protocol/selection.ts";
import { decodeBody } from "../protocol/validate.ts";
import type { Layouts } from "../task/layout.ts";
import { type ErrorCode, ok, type Result } from "../task/result.ts";
import { type Access, authorizeTasks } from "./access.ts";
import type { AuditNote } from "./audit.ts";
import type { Beats } from "./beats.ts";
import { checkType, JSON_TYPE, readBody } from "./body.ts";
import { type ParameterOf, rawQuery } from "./path.ts";
import type { Timing } from "./timing.ts";

type Method = "GET" | "POST" | "PUT" | "PATCH" | "DELETE";

/** What is known of a request before its route looks at it. */
export interface Arrival {
  readonly request: Request;
  readonly env: Env;
  readonly layouts: Layouts;
  readonly beats: Beats;
  readonly caller: Caller;
  readonly timing: Timing;
  /** Lets work go on after the answer was sent, or after the client went away. */
  background(work: Promise<unknown>): void;
  /** Says more for the audit line, of a verb that has one. */
  note(more: AuditNote): void;
}

/** A request as its route sees it: validated. */
interface Call<Parameter extends string = string, Query = unknown, Body = unknown> extends Arrival {
  readonly parameters: Readonly<Record<Parameter, string>>;
  readonly query: Query;
  readonly body: Body;
}

type QuerySchema = Parameters<typeof decodeQuery>[0];

/** One answer of a route, for the document. */
export interface AnswerSpec {
  readonly description: string;
  /** Absent where there is no body. */
  readonly schema?: v.GenericSchema;
  /** `application/json` unless said otherwise; a stream's schema is that of one line. */
  readonly types?: readonly string[];
}

/** The body of a route: its schema for the document, and how it is read. */
interface BodySpec<Body> {
  readonly schema: v.GenericSchema;
  readonly decode: (text: string) => Result<Body>;
}

/** A media type that a route reads line by line, beside JSON. */
interface StreamSpec<Parameter extends string, Query> {
  readonly type: string;
  /** Of one line. */
  readonly schema: v.GenericSchema;
  readonly handle: (call: Call<Parameter, Query, ReadableStream<Uint8Array> | null>) => Promise<Result<Response>>;
}

interface Row {
  readonly method: Method;
  /** The operation's name in the document. */
  readonly operation: string;
  readonly summary: string;
  readonly access: Access;
  readonly answers: Readonly<Record<number, AnswerSpec>>;
  /** Headers that it reads, beside those of any request: what each means, for the document. */
  readonly headers?: Readonly<Record<string, string>>;
  /** The refusals of its own, for the document; those that any route may have go without saying. */
  readonly refusals?: readonly ErrorCode[];
}

export interface RouteSpec<Path extends string, Query extends QuerySchema, Body> extends Row {
  /** As `/v1/queues/:queue`. */
  readonly path: Path;
  readonly query?: Query;
  readonly body?: BodySpec<Body>;
  readonly stream?: StreamSpec<ParameterOf<Path>, v.InferOutput<Query>>;
  /** The tasks that a request names. A route that says so is open to tokens for these tasks. */
  readonly names?: (call: Call<ParameterOf<Path>, v.InferOutput<Query>, Body>) => readonly string[];
  readonly handle: (call: Call<ParameterOf<Path>, v.InferOutput<Query>, Body>) => Promise<Result<Response>>;
}

/** A route with its types sealed inside. */
export interface Route extends Row {
  readonly path: string;
  readonly query: QuerySchema;
  /** What the body looks like, by media type; none where the route reads no body. */
  readonly bodies: Readonly<Record<string, v.GenericSchema>>;
  /** Whether a token for tasks is let in, if the request names those alone. */
  readonly forTasks: boolean;
  /** Validates the request and answers it. */
  readonly run: (arrival: Arrival, parameters: Readonly<Record<string, string>>) => Promise<Result<Response>>;
}

/** Makes a route. What it does not say it takes, query or body, is refused. */
export function route<const Path extends string, Query extends QuerySchema = typeof noQuerySchema, Body = unknown>(
  spec: RouteSpec<Path, Query, Body>,
): Route {
  const { body, stream } = spec;
  const query: QuerySchema = spec.query ?? noQuerySchema;
  const types = stream === undefined ? [JSON_TYPE] : [JSON_TYPE, stream.type];
  return {
    ...spec,
    query,
    forTasks: spec.names !== undefined,
    bodies: {
      ...(body === undefined ? {} : { [JSON_TYPE]: body.schema }),
      ...(stream === undefined ? {} : { [stream.type]: stream.schema }),
    },
    run: async (arrival, parameters) => {
      const { request } = arrival;
      const asked = decodeQuery(query, rawQuery(request.url));
      if (!asked.ok) return asked;
      const typed = checkType(request, types);
      if (!typed.ok) return typed;
      const call: Call<ParameterOf<Path>, v.InferOutput<Query>> = {
        ...arrival,
        parameters,
        query: asked.value,
        body: null,
      };
      if (stream !== undefined && typed.value === stream.type) return stream.handle({ ...call, body: request.body });
      const text = await readBody(request);
      if (!text.ok) return text;
      const read = body === undefined ? nothing<Body>(text.value) : body.decode(text.value);
      if (!read.ok) return read;
      const whole = { ...call, body: read.value };
      const allowed = authorizeTasks(arrival.caller, spec.names?.(whole) ?? []);
      return allowed.ok ? spec.handle(whole) : allowed;
    },
  };
}

/** A body where none is read may be an empty object, since there are clients that always send one. */
function nothing<Body>(text: string): Result<Body> {
  const read = decodeBody(emptyBodySchema, text);
  // TypeScript cannot tie `Body` to the spec having a body; a route without one does not look at it.
  return read.ok ? ok(undefined as Body) : read;
}
