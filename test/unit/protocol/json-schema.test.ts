import { toJsonSchema } from "@valibot/to-json-schema";
import type * as v from "valibot";
import { expect, test } from "vitest";
import * as answers from "../../../src/protocol/answers.ts";
import * as config from "../../../src/protocol/config.ts";
import * as events from "../../../src/protocol/events.ts";
import * as frames from "../../../src/protocol/frames.ts";
import * as names from "../../../src/protocol/names.ts";
import * as newTask from "../../../src/protocol/new-task.ts";
import * as queueAnswers from "../../../src/protocol/queue-answers.ts";
import * as selection from "../../../src/protocol/selection.ts";
import * as workers from "../../../src/protocol/workers.ts";

const modules = { answers, config, events, frames, names, newTask, queueAnswers, selection, workers };

const isSchema = (value: unknown): value is v.GenericSchema =>
  typeof value === "object" && value !== null && "kind" in value && value.kind === "schema";

const schemas = Object.values(modules)
  .flatMap((module) => Object.entries(module))
  .filter((entry): entry is [string, v.GenericSchema] => isSchema(entry[1]));

/** What relates two fields to each other cannot be said in JSON Schema. */
const convert = (schema: v.GenericSchema) =>
  toJsonSchema(schema, { target: "draft-2020-12", typeMode: "input", ignoreActions: ["check", "raw_check"] });

test("there are schemas to convert", () => {
  expect(schemas.length).toBeGreaterThan(40);
});

test.each(schemas)("%s converts to JSON Schema", (_, schema) => {
  expect(convert(schema)).toMatchObject({ $schema: "https://json-schema.org/draft/2020-12/schema" });
});

test("bounds, requirements and strictness come through", () => {
  expect(convert(newTask.newTaskSchema)).toMatchObject({
    type: "object",
    required: ["args"],
    additionalProperties: false,
    properties: {
      args: {},
      priority: { type: "integer", minimum: -2147483648, maximum: 2147483647 },
      idempotencyUntil: { enum: ["gone", "terminal"] },
      meta: { type: "object" },
      backoff: { type: "object", properties: { factor: { type: "number", minimum: 1 } } },
    },
  });
  expect(convert(newTask.newTasksSchema)).toMatchObject({ type: "array", minItems: 1, maxItems: 1000 });
  expect(convert(selection.listQuerySchema)).toMatchObject({
    properties: { limit: { type: "integer", minimum: 1, maximum: 1000, default: 50 } },
  });
  expect(convert(events.pollSchema)).toMatchObject({ properties: { events: { type: "array", default: [] } } });
});
