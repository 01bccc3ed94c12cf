// A queue's target is made of what code declares and of the deployment's variables, which are read at each object's start.
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import { declareQueues } from "../../../src/declared.ts";
import type { Env } from "../../../src/env.ts";
import { targetOf } from "../../../src/object/targets.ts";
import { DEFAULT_CONFIG } from "../../../src/task/task.ts";
import { delivery, leased, newSecret } from "../outbound/webhook/samples.ts";

interface Bindings {
  readonly HOOK: string;
  readonly HOOK_BEFORE?: string;
}

declareQueues<Bindings>({
  public: {
    webhook: {
      url: "https://hooks.example.com/?key=hidden",
      secret: ({ HOOK }) => HOOK,
      previousSecret: ({ HOOK_BEFORE }) => HOOK_BEFORE,
    },
  },
  local: { webhook: { url: "http://127.0.0.1:8788/", secret: ({ HOOK }) => HOOK } },
});

const fetched = vi.fn(async (_url: string, _init: RequestInit) => new Response(null, { status: 204 }));
beforeAll(() => {
  vi.stubGlobal("fetch", fetched);
});
afterAll(() => {
  vi.unstubAllGlobals();
});
afterEach(() => {
  fetched.mockClear();
});

function deliver(queue: string, variables: Partial<Env> & Partial<Bindings> = {}) {
  const target = targetOf({ HOOK: newSecret(), ...variables } as unknown as Env, queue, DEFAULT_CONFIG);
  if (target === null) throw new Error(`${queue} has no target`);
  return target.deliver(delivery([leased("a")]));
}

describe("a queue whose code has a webhook", () => {
  test("sends to a public host, signed by the secrets of the bindings", async () => {
    expect(await deliver("public")).toMatchObject({ events: [{ type: "ack", result: { ok: "null" } }] });
    await deliver("public", { HOOK_BEFORE: newSecret() });
    const signatures = fetched.mock.calls.map(([, init]) => new Headers(init.headers).get("webhook-signature"));
    expect(signatures.map((text) => text?.split(" ").length)).toEqual([1, 2]);
  });

  test("sends to those hosts alone that PRINIA_WEBHOOK_HOSTS names", async () => {
    await deliver("public", { PRINIA_WEBHOOK_HOSTS: "*.example.com" });
    expect(fetched).toHaveBeenCalledTimes(1);
    await expect(deliver("public", { PRINIA_WEBHOOK_HOSTS: "other.example.com" })).rejects.toThrow(
      "PRINIA_WEBHOOK_HOSTS",
    );
    expect(fetched).toHaveBeenCalledTimes(1);
  });

  test("sends to this machine with PRINIA_WEBHOOK_LOCAL=allow, and with no other word", async () => {
    for (const word of [undefined, "", "true", "1", "ALLOW"]) {
      const variables = word === undefined ? {} : { PRINIA_WEBHOOK_LOCAL: word };
      await expect(deliver("local", variables)).rejects.toThrow("must begin with https://");
    }
    expect(fetched).not.toHaveBeenCalled();
    await deliver("local", { PRINIA_WEBHOOK_LOCAL: "allow" });
    expect(fetched).toHaveBeenCalledTimes(1);
  });
});

test("a queue of which code says nothing has no target", () => {
  expect(targetOf({} as Env, "nobody", DEFAULT_CONFIG)).toBeNull();
});
