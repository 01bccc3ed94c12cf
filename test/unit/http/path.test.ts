/** Names in paths: any character, percent-encoded, and the app below any prefix. */

import { Hono } from "hono";
import { describe, expect, it } from "vitest";
import { createApp } from "../../../src/http/app.ts";
import { world } from "./fakes.ts";

const NAMES = [
  "alloc::string::String",
  "a/b",
  "a//b/",
  "two words",
  "100%",
  "%2F",
  "a?b#c",
  "ä€😀",
  "a+b&c=d",
  "..a",
  "\\x",
  "*",
  "tasks",
  " ",
  "%",
];

describe("a queue's name", () => {
  it.each(NAMES)("may be %j", async (name) => {
    const { send, calls } = world({ config: {} });
    const response = await send("GET", `/v1/queues/${encodeURIComponent(name)}/config`);
    expect(response.status).toBe(200);
    expect(calls.map(({ object }) => object)).toEqual([`${name}/0`]);
  });

  it("may be written without encoding what needs none", async () => {
    const { send, calls } = world({ config: {} });
    await send("GET", "/v1/queues/alloc::string::String/config");
    expect(calls.map(({ object }) => object)).toEqual(["alloc::string::String/0"]);
  });

  it("does not make a longer path of an encoded slash", async () => {
    const { send, calls } = world({ task: "{}" });
    await send("GET", "/v1/queues/a%2Ftasks%2Fb/tasks/c%2Fd");
    expect(calls).toEqual([{ object: "a/tasks/b/0", method: "task", args: ["c/d"] }]);
  });
});

describe("an app below a prefix", () => {
  it.each(NAMES)("reads the name %j", async (name) => {
    const { env, calls } = world({ config: {} });
    const path = `/v1/queues/${encodeURIComponent(name)}/config`;
    const routed = new Hono().route("/api/v1/jobs", createApp());
    const mounted = new Hono().mount("/deep/er", createApp().fetch);
    expect((await routed.request(`http://localhost/api/v1/jobs${path}`, {}, env)).status).toBe(200);
    expect((await mounted.request(`http://localhost/deep/er${path}`, {}, env)).status).toBe(200);
    expect(calls.map(({ object }) => object)).toEqual([`${name}/0`, `${name}/0`]);
  });

  it("still tells bad encoding, unknown routes and wrong methods", async () => {
    const { env } = world();
    const outer = new Hono().route("/p", createApp());
    const answers = await Promise.all(
      [
        new Request("http://localhost/p/v1/queues/%zz/config"),
        new Request("http://localhost/p/v1/nothing"),
        new Request("http://localhost/p/v1/health", { method: "POST" }),
      ].map(async (request) => (await outer.fetch(request, env)).json()),
    );
    expect(answers).toMatchObject([
      { code: "bad_request", path: "queue" },
      { code: "not_found" },
      { code: "method_not_allowed" },
    ]);
  });

  it("names the prefix in its OpenAPI document", async () => {
    const { env, send } = world();
    const outer = new Hono().route("/p/q", createApp());
    const below = await outer.request("http://localhost/p/q/v1/openapi.json", {}, env);
    expect(await below.json()).toMatchObject({ servers: [{ url: "/p/q" }] });
    expect(await (await send("GET", "/v1/openapi.json")).json()).toMatchObject({ servers: [{ url: "/" }] });
  });
});
