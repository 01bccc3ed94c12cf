// The client and the worker in a real browser, against a real server of another origin.

import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { beforeAll, describe, expect, test } from "vitest";
import { SECRET, token } from "../e2e/contract/tokens.ts";
import { startChromium } from "../support/chromium.ts";
import { cleanUp } from "../support/cleanup.ts";
import { servePage } from "../support/pages.ts";
import { ROOT } from "../support/processes.ts";
import { type Server, type ServerOptions, startServe } from "../support/server.ts";
import type { Exposed, Place, Report } from "./page.ts";

let browser: Browser;
let origin: string;
beforeAll(async () => {
  [browser, origin] = await Promise.all([startChromium(), servePage(join(ROOT, "test/browser/page.ts"))]);
});

async function serve(env: ServerOptions["env"] = {}): Promise<Server> {
  const server = await startServe({ env });
  cleanUp(server.kill);
  return server;
}

/** The page, once its program is there; what it throws fails the test that looks. */
async function open(): Promise<Page> {
  const page = await browser.newPage();
  cleanUp(() => page.close());
  await page.goto(origin);
  await page.waitForFunction(() => "sums" in globalThis);
  return page;
}

const sums = (page: Page, place: Place): Promise<Report> =>
  page.evaluate((at) => (globalThis as unknown as Exposed).sums(at), place);

const pushOverHttp = (page: Page, place: Place): Promise<string> =>
  page.evaluate((at) => (globalThis as unknown as Exposed).pushOverHttp(at), place);

describe("in Chromium", () => {
  test("a page pushes, works and awaits the results over one socket", async () => {
    const { url } = await serve({ PRINIA_AUTH: "off", PRINIA_ORIGINS: origin });
    const { values, progress, failure, undone } = await sums(await open(), { url, queue: "sums" });
    expect(values).toEqual(Array.from({ length: 200 }, (_, a) => a + (a % 10)));
    expect(progress).toContain("nearly there");
    expect(failure).toBe("below zero");
    expect(undone).toBe(0);
  });

  test("a page of an origin that is allowed does so with a token, and pushes over HTTP too", async () => {
    const { url } = await serve({ PRINIA_SECRET: SECRET, PRINIA_ORIGINS: origin });
    const page = await open();
    const place = { url, queue: "sums", token: await token() };
    expect((await sums(page, place)).undone).toBe(0);
    expect(await pushOverHttp(page, place)).toBe("Pending");
    expect(await pushOverHttp(page, { ...place, token: "none" })).toBe("unauthorized");
  });

  test("a page of another origin gets nowhere", async () => {
    const { url } = await serve({ PRINIA_SECRET: SECRET });
    const place = { url, queue: "sums", token: await token() };
    // What a page may not read looks to it as if there were no server.
    expect(await pushOverHttp(await open(), place)).toBe("unreachable");
  });
});
