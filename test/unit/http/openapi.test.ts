/** The OpenAPI document says what the app does: each route, each answer, and nothing else. */

import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { createApp } from "../../../src/http/app.ts";
import { allRoutes } from "../../../src/http/table.ts";
import { VERSION } from "../../../src/http/version.ts";
import { world } from "./fakes.ts";

interface Operation {
  readonly operationId: string;
  readonly parameters?: readonly { name: string; in: string; required: boolean; schema: unknown }[];
  readonly requestBody?: { content: Record<string, { schema: Record<string, unknown> }> };
  readonly responses: Record<string, { content?: Record<string, { schema: unknown }> }>;
  readonly security: readonly Record<string, readonly string[]>[];
}

interface Document {
  readonly openapi: string;
  readonly info: { version: string };
  readonly paths: Record<string, Record<string, Operation>>;
  readonly components: { schemas: Record<string, unknown> };
}

const document = async () => (await (await world().send("GET", "/v1/openapi.json")).json()) as Document;

const operations = ({ paths }: Document) =>
  Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ route: `${method.toUpperCase()} ${path}`, operation })),
  );

describe("the document", () => {
  it("has each route of the app, and the app each route of the document", async () => {
    const registered = createApp()
      .routes.filter(({ method }) => method !== "ALL")
      .map(({ method, path }) => `${method} ${path.replaceAll(/:(\w+)/g, "{$1}")}`);
    const documented = operations(await document()).map(({ route }) => route);
    expect(documented.toSorted()).toEqual(registered.toSorted());
    expect(new Set(documented).size).toBe(documented.length);
  });

  it("is an OpenAPI 3.1 document of this version", async () => {
    const { openapi, info } = await document();
    const { version } = JSON.parse(readFileSync(new URL("../../../package.json", import.meta.url), "utf8"));
    expect([openapi, info.version, VERSION]).toEqual(["3.1.0", version, version]);
  });

  it("names each operation once", async () => {
    const ids = operations(await document()).map(({ operation }) => operation.operationId);
    expect(new Set(ids).size).toBe(ids.length);
  });

  it("has every reference that it makes", async () => {
    const found = await document();
    const references = [...JSON.stringify(found).matchAll(/"\$ref":"([^"]+)"/g)].map(([, reference = ""]) => reference);
    expect(references.length).toBeGreaterThan(50);
    for (const reference of new Set(references)) {
      const [, name = ""] = /^#\/components\/schemas\/(\w+)$/.exec(reference) ?? [];
      expect(found.components.schemas, reference).toHaveProperty(name);
    }
  });

  it("describes each parameter of each path", async () => {
    for (const { route, operation } of operations(await document())) {
      const named = [...route.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
      const described = (operation.parameters ?? []).filter((parameter) => parameter.in === "path");
      expect(described.map(({ name }) => name)).toEqual(named);
    }
  });

  it("has a good answer, a problem for each refusal, and the scopes of each route", async () => {
    const routes = new Map(allRoutes().map((route) => [route.operation, route]));
    for (const { route, operation } of operations(await document())) {
      const { access } = routes.get(operation.operationId) ?? {};
      const statuses = Object.keys(operation.responses).map(Number);
      expect(
        statuses.some((status) => status < 300),
        route,
      ).toBe(true);
      expect(statuses, route).toEqual(expect.arrayContaining([400, 403, 500, 503]));
      for (const [status, { content }] of Object.entries(operation.responses)) {
        if (Number(status) < 400) continue;
        expect(content, route).toEqual({
          "application/problem+json": { schema: { $ref: "#/components/schemas/Problem" } },
        });
      }
      expect(statuses.includes(401), route).toBe(typeof access !== "string");
      expect(operation.security, route).toEqual(
        typeof access === "string" ? [] : access?.map((scope) => ({ bearer: [scope] })),
      );
    }
  });

  it("is made from the schemas that validate", async () => {
    const { paths } = await document();
    const push = paths["/v1/queues/{queue}/tasks"]?.post;
    expect(Object.keys(push?.requestBody?.content ?? {})).toEqual(["application/json", "application/x-ndjson"]);
    expect(push?.requestBody?.content["application/x-ndjson"]?.schema).toEqual({
      $ref: "#/components/schemas/NewTask",
    });
    const poll = paths["/v1/queues/{queue}/poll"]?.post;
    expect(poll?.requestBody?.content["application/json"]?.schema).toMatchObject({
      additionalProperties: false,
      required: ["worker"],
      properties: { waitMs: { type: "integer", minimum: 0, maximum: 25_000 } },
    });
    const list = paths["/v1/queues/{queue}/tasks"]?.get;
    expect(list?.parameters).toContainEqual({
      name: "limit",
      in: "query",
      required: false,
      schema: { type: "integer", minimum: 1, maximum: 1000, default: 50 },
    });
    const wait = paths["/v1/queues/{queue}/wait"]?.get;
    expect(wait?.parameters).toContainEqual(expect.objectContaining({ name: "id", required: true }));
    const follow = paths["/v1/queues/{queue}/feed"]?.get;
    expect(follow?.parameters).toContainEqual(
      expect.objectContaining({ name: "last-event-id", in: "header", required: false }),
    );
    expect(push?.parameters).toContainEqual(expect.objectContaining({ name: "traceparent", in: "header" }));
  });
});
