// examples/browser as its first lines say: the page pushes, subscribes over the socket, and shows results as they come.

import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { beforeAll, expect, test } from "vitest";
import { startChromium } from "../support/chromium.ts";
import { cleanUp } from "../support/cleanup.ts";
import { ROOT, until } from "../support/processes.ts";
import { freePort, startServe } from "../support/server.ts";

/** 216,816 of them. */
const BELOW = "3000000";

let browser: Browser;
let address: string;
beforeAll(async () => {
  const [started, server, page] = await Promise.all([startChromium(), startServe(), servePage()]);
  cleanUp(server.kill);
  browser = started;
  address = `${page}/?url=${server.url}`;
});

/** Runs the command that stands in the page's comment, on a port of its own. It serves for as long as its stdin is open. */
async function servePage(): Promise<string> {
  const source = readFileSync(join(ROOT, "examples/browser/page.ts"), "utf8").replaceAll("\n * ", " ");
  const [, command = ""] = /`npx (esbuild [^`]+)`/.exec(source) ?? [];
  const origin = `127.0.0.1:${await freePort()}`;
  const [program = "", ...args] = command.replace("127.0.0.1:8000", origin).split(" ");
  const esbuild = spawn(join(ROOT, "node_modules/.bin", program), args, {
    cwd: ROOT,
    stdio: ["pipe", "ignore", "pipe"],
  });
  cleanUp(() => void esbuild.kill());
  let said = "";
  esbuild.stderr.on("data", (text) => (said += text));
  await until(() => said.includes(origin), `${command} serves`);
  return `http://${origin}`;
}

/** A tab, and what went wrong in it. */
async function open(): Promise<{ page: Page; faults: string[] }> {
  const page = await browser.newPage({ viewport: { width: 1000, height: 700 } });
  cleanUp(() => page.close());
  const faults: string[] = [];
  page.on("pageerror", (error) => faults.push(error.message));
  page.on("console", (message) => message.type() === "error" && faults.push(message.text()));
  await page.goto(address);
  return { page, faults };
}

test("one tab pushes and follows, another does the work", async () => {
  const [pushing, working] = await Promise.all([open(), open()]);
  const { page } = pushing;
  await page.getByLabel("Count the primes below").fill(BELOW);
  await page.getByLabel("Tasks").fill("3");
  await page.getByRole("button", { name: "Push" }).click();
  await page.locator("tbody tr").nth(2).waitFor();
  expect(await page.locator("tbody output").allTextContents()).toEqual(["waits", "waits", "waits"]);
  await working.page.getByLabel("Work in this tab").check();
  // It is seen on its way, and not only at its end.
  await page.locator("tbody output", { hasText: "%" }).first().waitFor();
  await page.locator('tr[data-status="Done"]').nth(2).waitFor();
  expect(await page.locator("tbody output").allTextContents()).toEqual(["216,816", "216,816", "216,816"]);
  expect(await page.getByRole("status").first().textContent()).toBe("3 tasks are done.");
  expect([...pushing.faults, ...working.faults]).toEqual([]);
});
