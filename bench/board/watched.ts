/** A page of the board whose answers are timed from within, and whose memory is read from the browser. */

import { readFileSync } from "node:fs";
import type { Browser, CDPSession, Page } from "playwright-core";

/** From a press, as the page's own clock has it, to the frame in which its content stands, ms. */
export interface Answer {
  readonly name: string;
  /** Until there are rows of what was pressed, be they those of a moment ago. */
  readonly shownMs: number;
  /** Until the server's answer to this press stands. */
  readonly freshMs: number;
}

interface Press {
  readonly name: string;
  /** The accessible name of the link. */
  readonly press: RegExp;
  /** The caption of the table that must be there afterwards. */
  readonly seen: string;
}

export interface Figures {
  /** JavaScript, after a collection and at its most, MB. */
  readonly heapMb: number;
  readonly mostHeapMb: number;
  /** What the renderer's process has for itself, at its most, MB. */
  readonly mostProcessMb: number;
  readonly domNodes: number;
  /** The longest that the page was busy without a pause, ms. */
  readonly longestTaskMs: number;
  /** From a press to the next frame, whatever it shows, at its longest, ms; 0 where all were below 16. */
  readonly slowestFrameMs: number;
}

const MB = 2 ** 20;

export class Watched {
  readonly #page: Page;
  readonly #session: CDPSession;
  readonly #renderer: number | undefined;
  #mostHeap = 0;
  #mostProcess = 0;

  private constructor(page: Page, session: CDPSession, renderer: number | undefined) {
    this.#page = page;
    this.#session = session;
    this.#renderer = renderer;
  }

  static async open(browser: Browser, url: string): Promise<Watched> {
    const page = await browser.newPage();
    const session = await page.context().newCDPSession(page);
    await session.send("Performance.enable");
    await page.addInitScript({ content: OBSERVE });
    await page.goto(url);
    await page.getByRole("table", { name: "Tasks", exact: true }).locator("tbody tr").first().waitFor();
    const whole = await browser.newBrowserCDPSession();
    const { processInfo } = await whole.send("SystemInfo.getProcessInfo");
    return new Watched(page, session, processInfo.filter(({ type }) => type === "renderer").at(-1)?.id);
  }

  /** Anew, with nothing known. */
  async reload(): Promise<void> {
    await this.#page.reload();
    await this.#page.getByRole("table", { name: "Tasks", exact: true }).locator("tbody tr").first().waitFor();
  }

  press({ name, press, seen }: Press): Promise<Answer> {
    const link = this.#page.getByRole("navigation", { name: "Tasks by status" }).getByRole("link", { name: press });
    return this.#timed(name, { caption: seen }, () => link.click());
  }

  async openFirstTask(name: string): Promise<Answer> {
    const link = this.#page.locator("a.task-id").first();
    const href = (await link.getAttribute("href")) ?? "";
    return this.#timed(name, { heading: decodeURIComponent(href.split("/").at(-1) ?? "") }, () =>
      this.#page.locator(`a.task-id[href="${href}"]`).click(),
    );
  }

  back(name: string): Promise<Answer> {
    return this.#timed(name, { caption: "Tasks" }, () => this.#page.goBack());
  }

  async #timed(name: string, wanted: Wanted, act: () => Promise<unknown>): Promise<Answer> {
    const seen = this.#page.evaluate((what) => (globalThis as unknown as { timed: Timed }).timed(what), wanted);
    await act();
    const times = await seen;
    await this.#look();
    return { name, ...times };
  }

  async #look(): Promise<void> {
    const { metrics } = await this.#session.send("Performance.getMetrics");
    this.#mostHeap = Math.max(this.#mostHeap, metrics.find(({ name }) => name === "JSHeapUsedSize")?.value ?? 0);
    if (this.#renderer !== undefined) this.#mostProcess = Math.max(this.#mostProcess, ownMemory(this.#renderer));
  }

  async figures(): Promise<Figures> {
    await this.#session.send("HeapProfiler.collectGarbage");
    const { metrics } = await this.#session.send("Performance.getMetrics");
    const metric = (wanted: string) => metrics.find(({ name }) => name === wanted)?.value ?? 0;
    const { longest, slowest } = await this.#page.evaluate(() => (globalThis as unknown as { seen: Seen }).seen);
    return {
      heapMb: round(metric("JSHeapUsedSize") / MB),
      mostHeapMb: round(this.#mostHeap / MB),
      mostProcessMb: round(this.#mostProcess / MB),
      domNodes: metric("Nodes"),
      longestTaskMs: Math.round(longest),
      slowestFrameMs: Math.round(slowest),
    };
  }
}

const round = (value: number): number => Math.round(value * 10) / 10;

/** Private memory of a process, in bytes, as Linux has it. */
function ownMemory(pid: number): number {
  const rollup = readFileSync(`/proc/${pid}/smaps_rollup`, "utf8");
  const kilobytes = /^Private_Dirty:\s+(\d+)/m.exec(rollup)?.[1];
  return Number(kilobytes ?? 0) * 1024;
}

interface Wanted {
  /** Of a table that has rows. */
  readonly caption?: string;
  /** Of a task, with its args below. */
  readonly heading?: string;
}

type Timed = (wanted: Wanted) => Promise<{ shownMs: number; freshMs: number }>;

interface Seen {
  longest: number;
  slowest: number;
}

/** In the page: the longest tasks, and presses that the next frame came late after. */
const OBSERVE = `
  globalThis.seen = { longest: 0, slowest: 0 };
  new PerformanceObserver((list) => {
    for (const { duration } of list.getEntries()) seen.longest = Math.max(seen.longest, duration);
  }).observe({ type: "longtask", buffered: true });
  new PerformanceObserver((list) => {
    for (const { duration, interactionId } of list.getEntries()) if (interactionId) seen.slowest = Math.max(seen.slowest, duration);
  }).observe({ type: "event", durationThreshold: 16, buffered: true });
  const isThere = ({ caption, heading }) =>
    caption === undefined
      ? document.querySelector("h1")?.textContent.includes(heading) && document.querySelector("#args-heading") !== null
      : [...document.querySelectorAll("table")].some(
          (table) => table.caption?.textContent === caption && table.tBodies[0]?.rows.length > 0,
        );
  const isBusy = () => document.querySelector("main [aria-busy=true]") !== null;
  globalThis.timed = (wanted) =>
    new Promise((resolve) => {
      const listening = new AbortController();
      const begin = ({ timeStamp }) => {
        listening.abort();
        let shownMs;
        const look = () => {
          const now = performance.now() - timeStamp;
          if (isThere(wanted)) {
            shownMs ??= now;
            if (!isBusy()) return resolve({ shownMs, freshMs: now });
          }
          requestAnimationFrame(look);
        };
        requestAnimationFrame(look);
      };
      for (const type of ["click", "popstate"]) addEventListener(type, begin, { capture: true, signal: listening.signal });
    });`;
