/**
 * The board in a real browser, against a real server with real workers.
 *
 *     const board = boardForFile();                       // a server that asks for tokens, and a Chromium, for the file
 *
 *     test("…", async () => {
 *       const queue = await board().sample();             // a queue of its own, with tasks of every status: SAMPLES
 *       const page = await board().open(`/board/queues/${queue.name}`, { token: await token(), width: 390 });
 *       board().work(queue.name, async (args) => …);      // a real worker over a socket, gone after the test
 *       await board().restart();                          // the server goes, and comes back on its port and data
 *       await expectAccessible(page);                     // axe, in light
 *       await expectAccessible(page, "dark");             // and in dark: once for each page, as far as colours go
 *       await screenshot(page, "queue");                  // docs/board/queue-{light,dark}.png, by `npm run screenshots`
 *     });
 *
 * After each test its pages are closed, and what they said on the console as an error, threw, or tried against the
 * Content-Security-Policy fails it, except for what `open(…, { expected: [/401/] })` names.
 */

import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { afterEach, beforeAll, expect } from "vitest";
import { DurableBackend, socket } from "../../src/client/index.ts";
import { Worker } from "../../src/worker/index.ts";
import { Queue } from "../e2e/contract/queue.ts";
import { SECRET, token } from "../e2e/contract/tokens.ts";
import { pushSamples } from "./board-samples.ts";
import { startChromium } from "./chromium.ts";
import { ROOT } from "./processes.ts";
import { type Server, startServe } from "./server.ts";

interface OpenOptions {
  /** Kept in sessionStorage before the page is first opened. None unless given. */
  readonly token?: string;
  readonly width?: number;
  readonly height?: number;
  readonly colorScheme?: "light" | "dark";
  /** Faults that the test provokes: a text of the console that matches one of these fails nothing. */
  readonly expected?: readonly RegExp[];
}

type Handler = (args: never, task: { readonly id: string }) => unknown;

const TOKEN_KEY = "prinia-token";
const SIZE = { width: 1280, height: 800 };

let begun: Promise<Board> | undefined;

/** A queue of this name is divided in three. */
export const DIVIDED = "divided";

async function begin(): Promise<Board> {
  const env = { PRINIA_SECRET: SECRET, PRINIA_PARTITIONS: `${DIVIDED}=3` };
  const [browser, server] = await Promise.all([startChromium(), startServe({ env })]);
  return new Board(browser, server, await token());
}

/** Starts a server and a browser before the tests of the file, one for all its parts; the function gives both. */
export function boardForFile(): () => Board {
  let board: Board | undefined;
  beforeAll(async () => {
    begun ??= begin();
    board = await begun;
  });
  afterEach(() => board?.settle());
  return () => {
    if (board === undefined) throw new Error("the board runs only within tests");
    return board;
  };
}

let names = 0;

class Board {
  readonly #browser: Browser;
  readonly #token: string;
  #server: Server;
  readonly #contexts: BrowserContext[] = [];
  readonly #faults: string[] = [];
  readonly #workers: { stop(): Promise<void> }[] = [];

  constructor(browser: Browser, server: Server, admin: string) {
    this.#browser = browser;
    this.#server = server;
    this.#token = admin;
  }

  get server(): Server {
    return this.#server;
  }

  /** A queue of this server that no other test uses; the harness may do everything with it. */
  queue(name = `board-${++names}`): Queue {
    return new Queue(this.#server, name, this.#token);
  }

  /** A queue with a task of every status, and hostile ones: see `SAMPLES`. */
  async sample(name?: string): Promise<Queue> {
    const queue = this.queue(name);
    await pushSamples(queue);
    return queue;
  }

  /** A real worker, until the test is over. */
  work(queue: string, handler: Handler, options: { readonly concurrency?: number } = {}) {
    const backend = new DurableBackend<unknown, unknown>(queue, socket({ url: this.#server.url, token: this.#token }));
    const worker = new Worker(`${queue}-worker`, backend, handler as (args: unknown) => unknown, options);
    this.#workers.push(worker);
    return worker;
  }

  /** Opens a page in a browser profile of its own. */
  async open(path: string, options: OpenOptions = {}): Promise<Page> {
    const { width = SIZE.width, height = SIZE.height, colorScheme = "light", expected = [] } = options;
    const context = await this.#browser.newContext({
      ...{ viewport: { width, height }, colorScheme, reducedMotion: "reduce", locale: "en-GB", timezoneId: "UTC" },
    });
    this.#contexts.push(context);
    // Once: a page that logs out and is loaded again stays logged out.
    if (options.token !== undefined) await context.addInitScript(keep, { key: TOKEN_KEY, value: options.token });
    await context.addInitScript({ content: REPORT_VIOLATIONS });
    const page = await context.newPage();
    const fault = (text: string) => {
      if (!expected.some((pattern) => pattern.test(text))) this.#faults.push(text);
    };
    page.on("pageerror", (error) => fault(error.stack ?? error.message));
    page.on("console", (message) => message.type() === "error" && fault(`${message.text()} ${message.location().url}`));
    await page.goto(this.#server.url + path);
    return page;
  }

  /** Kills the server and starts it again, on the same port and data. `between` runs while it is gone. */
  async restart(between: () => Promise<void> = async () => {}): Promise<void> {
    await this.#server.kill();
    await between();
    this.#server = await this.#server.restart();
  }

  /** Ends what a test began, and fails it for what its pages complained of. Called after each test. */
  async settle(): Promise<void> {
    await Promise.all(this.#contexts.splice(0).map((context) => context.close()));
    await Promise.all(this.#workers.splice(0).map((worker) => worker.stop()));
    expect(this.#faults.splice(0)).toEqual([]);
  }
}

export type { Board };

/** In the page. */
function keep({ key, value }: { readonly key: string; readonly value: string }): void {
  if (sessionStorage.getItem("kept-once") !== null) return;
  sessionStorage.setItem("kept-once", "yes");
  sessionStorage.setItem(key, value);
}

/** In the page, before its own scripts: what the policy forbids, by its directive. */
const REPORT_VIOLATIONS = `addEventListener("securitypolicyviolation", (event) => console.error(
  "CSP forbids " + event.violatedDirective + ": " + event.blockedURI + " (" + event.sourceFile + ":" + event.lineNumber + ")"
));`;

const AXE = join(ROOT, "node_modules/axe-core/axe.min.js");

/** Runs axe over the page as it is, and expects that it finds nothing; `rules` if not all are to be kept. */
export async function expectAccessible(
  page: Page,
  colorScheme: "light" | "dark" = "light",
  rules: readonly string[] = [],
): Promise<void> {
  await page.emulateMedia({ colorScheme });
  // Not as an element of the page: its policy takes no script but the server's.
  await page.evaluate(readFileSync(AXE, "utf8"));
  expect(await page.evaluate(runAxe, [...rules]), colorScheme).toEqual([]);
  await page.emulateMedia({ colorScheme: "light" });
}

/** In the page: each violation with the elements it is about. */
async function runAxe(rules: string[]): Promise<{ rule: string; at: string[] }[]> {
  const { axe } = globalThis as unknown as { axe: typeof import("axe-core") };
  const { violations } = await axe.run({
    resultTypes: ["violations"],
    ...(rules.length === 0 ? {} : { runOnly: rules }),
  });
  return violations.map(({ id, help, nodes }) => ({
    rule: `${id}: ${help}`,
    at: nodes.map(({ html, failureSummary }) => `${html} ${failureSummary}`),
  }));
}

const SCREENSHOTS = join(ROOT, "docs/board");

/** Takes the page as it is, in light and in dark, where screenshots are asked for. */
export async function screenshot(page: Page, name: string): Promise<void> {
  if (process.env.PRINIA_SCREENSHOTS !== "1") return;
  mkdirSync(SCREENSHOTS, { recursive: true });
  for (const colorScheme of ["light", "dark"] as const) {
    await page.emulateMedia({ colorScheme });
    await page.screenshot({ path: join(SCREENSHOTS, `${name}-${colorScheme}.png`), animations: "disabled" });
  }
  await page.emulateMedia({ colorScheme: "light" });
}
