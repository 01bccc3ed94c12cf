/** The OpenAPI document, made from the table of routes and the schemas that validate. */

import { type ConversionConfig, toJsonSchema } from "@valibot/to-json-schema";
import type * as v from "valibot";
import {
  eventAnswerSchema,
  leasedTaskSchema,
  problemSchema,
  pushedSchema,
  taskResultSchema,
  taskSchema,
} from "../protocol/answers.ts";
import { SCOPES } from "../protocol/caller.ts";
import { eventSchema } from "../protocol/events.ts";
import { newTaskSchema } from "../protocol/new-task.ts";
import { PROBLEM_TYPE, STATUS_OF } from "../protocol/problem.ts";
import { queueConfigSchema, queueInfoSchema, workerInfoSchema } from "../protocol/queue-answers.ts";
import type { ErrorCode } from "../task/result.ts";
import { JSON_TYPE } from "./body.ts";
import type { AnswerSpec, Route } from "./route.ts";
import { VERSION } from "./version.ts";

/** Schemas that the document names; the others stand where they are used. */
const COMPONENTS = {
  Task: taskSchema,
  LeasedTask: leasedTaskSchema,
  NewTask: newTaskSchema,
  Pushed: pushedSchema,
  Event: eventSchema,
  EventAnswer: eventAnswerSchema,
  TaskResult: taskResultSchema,
  WorkerInfo: workerInfoSchema,
  QueueInfo: queueInfoSchema,
  QueueConfig: queueConfigSchema,
  Problem: problemSchema,
};

const CONVERSION: ConversionConfig = {
  target: "draft-2020-12",
  typeMode: "input",
  // Checks that JSON Schema has no word for (bytes of UTF-8, fields that exclude each other) are told in prose.
  errorMode: "ignore",
  definitions: COMPONENTS,
  overrideRef: ({ referenceId }) => `#/components/schemas/${referenceId}`,
};

function convert(schema: v.GenericSchema): { schema: object; definitions: object } {
  const { $schema: _dialect, $defs: definitions = {}, ...rest } = toJsonSchema(schema, CONVERSION);
  return { schema: rest, definitions };
}

/** Refusals that any route may answer. */
const ALWAYS: readonly ErrorCode[] = ["bad_request", "forbidden", "too_many_requests", "internal", "overloaded"];

/** The document without its `servers`. */
export function openApiDocument(routes: readonly Route[]): object {
  const paths: Record<string, Record<string, object>> = {};
  for (const route of routes) {
    const path = route.path.replaceAll(/:([a-z]+)/g, "{$1}");
    paths[path] = { ...paths[path], [route.method.toLowerCase()]: operationOf(route) };
  }
  return {
    openapi: "3.1.0",
    info: {
      title: "Prinia",
      version: VERSION,
      description: "A task queue on Durable Objects.",
      license: { name: "MIT" },
    },
    paths,
    components: {
      schemas: convert(problemSchema).definitions,
      securitySchemes: {
        bearer: {
          type: "http",
          scheme: "bearer",
          bearerFormat: "JWT",
          description: `HS256, with the claims queues, scope (any of ${SCOPES.join(", ")}) and exp; a token for a wait has tasks instead of scope.`,
        },
      },
    },
  };
}

function operationOf(route: Route): object {
  const parameters = [...pathParameters(route), ...queryParameters(route), ...headerParameters(route)];
  return {
    operationId: route.operation,
    summary: route.summary,
    ...(parameters.length === 0 ? {} : { parameters }),
    ...bodyOf(route),
    responses: { ...answersOf(route), ...problemsOf(route) },
    // Any one of the scopes will do, and so will admin.
    security: typeof route.access === "string" ? [] : route.access.map((scope) => ({ bearer: [scope] })),
  };
}

const pathParameters = ({ path }: Route): object[] =>
  [...path.matchAll(/:([a-z]+)/g)].map(([, name]) => ({
    name,
    in: "path",
    required: true,
    description: "Percent-encoded.",
    schema: { type: "string" },
  }));

function queryParameters({ query }: Route): object[] {
  const { properties = {}, required = [] } = toJsonSchema(query, CONVERSION);
  return Object.entries(properties).map(([name, schema]) => ({
    name,
    in: "query",
    required: required.includes(name),
    schema,
  }));
}

const headerParameters = ({ headers = {} }: Route): object[] =>
  Object.entries(headers).map(([name, description]) => ({
    name,
    in: "header",
    required: false,
    description,
    schema: { type: "string" },
  }));

function bodyOf({ bodies }: Route): object {
  const content = Object.entries(bodies).map(([type, schema]) => [type, { schema: convert(schema).schema }]);
  return content.length === 0 ? {} : { requestBody: { content: Object.fromEntries(content) } };
}

const answersOf = ({ answers }: Route): object =>
  Object.fromEntries(Object.entries(answers).map(([status, answer]) => [status, answerOf(answer)]));

function answerOf({ description, schema, types = [JSON_TYPE] }: AnswerSpec): object {
  if (schema === undefined) return { description };
  const content = types.map((type) => [type, { schema: convert(schema).schema }]);
  return { description, content: Object.fromEntries(content) };
}

/** The route's refusals by status; each names its codes. */
function problemsOf({ refusals = [], access, bodies }: Route): object {
  const codes = new Set<ErrorCode>([...ALWAYS, ...refusals]);
  if (access !== "open") codes.add("not_configured");
  if (typeof access !== "string") codes.add("unauthorized");
  if (Object.keys(bodies).length > 0) codes.add("payload_too_large").add("unsupported_media_type");
  const byStatus = Map.groupBy(codes, (code) => STATUS_OF[code]);
  const problem = { [PROBLEM_TYPE]: { schema: { $ref: "#/components/schemas/Problem" } } };
  return Object.fromEntries(
    [...byStatus].map(([status, named]) => [status, { description: named.join(", "), content: problem }]),
  );
}
