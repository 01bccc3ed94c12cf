// The overview, the workers and the log-in, in a browser, against a real server with a real worker.

import type { Page } from "playwright-core";
import { beforeAll, describe, expect, test } from "vitest";
import { token } from "../../e2e/contract/tokens.ts";
import { boardForFile, expectAccessible, screenshot } from "../../support/board.ts";

const board = boardForFile();

/** Queues tell the directory of themselves at once when they are new, and then every ten seconds. */
const REPORT_MS = 15_000;

// First, so that most of the time to their next report has gone by when it is their turn.
beforeAll(async () => {
  // At once, so that its first report has it all: then the next comes with the next change.
  await board()
    .queue("counted")
    .post("/tasks", [{ args: 1 }, { args: 2 }, { args: 3 }]);
  const worked = board().queue("worked");
  await worked.push();
  await worked.post("/poll", { worker: "a worker" });
});

const row = (page: Page, queue: string) => page.getByRole("row", { name: new RegExp(`^${queue}`) });
const cell = (page: Page, queue: string, place: number) => row(page, queue).getByRole("cell").nth(place);
const live = (page: Page, text: string) => page.locator(".live", { hasText: text }).waitFor();
const DONE = 3;

test("an empty board says how a first task gets in, and shows it by itself", async () => {
  const page = await board().open("/board/", { token: await token({ queues: ["first-*"] }) });
  await page.getByRole("heading", { name: "No queue has been used yet" }).waitFor();
  await expectAccessible(page);
  await screenshot(page, "empty");
  await board().queue("first-one").push({ args: 1 });
  await row(page, "first-one").waitFor();
  expect(await cell(page, "first-one", 0).textContent()).toBe("1");
});

describe("the log-in", () => {
  test("says what a token allows, takes it with the keyboard alone, and forgets it", async () => {
    const page = await board().open("/board/?name=only", { expected: [/status of 401/] });
    await page.getByLabel("Token", { exact: true }).waitFor();
    await expectAccessible(page);
    await expectAccessible(page, "dark");
    await screenshot(page, "log-in");
    await page.keyboard.insertText("not.a.token");
    await page.keyboard.press("Enter");
    await page.getByRole("alert").filter({ hasText: "Mint a new one" }).waitFor();
    await page
      .getByLabel("Token", { exact: true })
      .fill(await token({ scope: ["read"], queues: ["only-*"], sub: "Ada" }));
    await page.getByText("see tasks, numbers and settings").waitFor();
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { level: 1, name: "Queues" }).waitFor();
    expect(new URL(page.url()).search).toBe("?name=only");
    await page.getByRole("button", { name: "Token: read" }).click();
    await page.getByRole("region", { name: "Your token" }).getByText("Ada").waitFor();
    await expectAccessible(page);
    await page.getByRole("button", { name: "Log out" }).click();
    await page.getByRole("heading", { name: "Log in" }).waitFor();
    expect(await page.evaluate(() => sessionStorage.getItem("prinia-token"))).toBeNull();
  });

  test("comes back with words when the token has ended, and leads back to where one was", async () => {
    const page = await board().open("/board/workers", {
      token: await token({ exp: Date.now() / 1_000 + 2.5 }),
      expected: [/status of 401/],
    });
    await page.getByRole("heading", { level: 1, name: "Workers" }).waitFor();
    await page.getByRole("alert").filter({ hasText: "token" }).waitFor();
    await page.getByLabel("Token", { exact: true }).fill(await token());
    await page.getByRole("button", { name: "Log in" }).click();
    await page.getByRole("heading", { level: 1, name: "Workers" }).waitFor();
  });
});

test("on a phone nothing is wider than the screen, and the table scrolls", async () => {
  await board().sample("phone");
  const page = await board().open("/board/", { token: await token(), width: 390, height: 844 });
  await row(page, "phone").waitFor();
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(390);
  await page.getByRole("region", { name: "Queues", exact: true }).focus();
  await page.keyboard.press("ArrowRight");
  await page.waitForFunction(() => (document.querySelector(".table")?.scrollLeft ?? 0) > 0);
  await expectAccessible(page);
  await screenshot(page, "overview-phone");
});

test("workers are listed with what they run, and the link leads there", async () => {
  const page = await board().open("/board/workers", { token: await token({ queues: ["worked"] }) });
  const worker = page.getByRole("row", { name: /^a worker/ });
  await worker.getByRole("link", { name: /^1, see/ }).waitFor({ timeout: REPORT_MS });
  expect(await worker.textContent()).toContain("Alive");
  await expectAccessible(page);
  await screenshot(page, "workers");
  await worker.getByRole("link").click();
  expect(new URL(page.url()).pathname + new URL(page.url()).search).toBe("/board/queues/worked?tab=Running");
  await page.getByRole("heading", { level: 1, name: "worked" }).waitFor();
  expect(await page.evaluate(() => document.activeElement?.tagName)).toBe("H1");
});

test("counts follow a worker, and go on after the server was away", async () => {
  const page = await board().open("/board/?sort=Failed", {
    token: await token(),
    expected: [/ERR_CONNECTION_REFUSED|WebSocket connection/],
  });
  await row(page, "counted").waitFor();
  await live(page, "Live");
  const before = Number(await cell(page, "counted", DONE).textContent());
  board().work("counted", async () => 1);
  await page.waitForFunction(moreThan, { queue: "counted", place: DONE, than: before }, { timeout: REPORT_MS });
  expect(await row(page, "counted").getByRole("link", { name: "counted" }).getAttribute("href")).toBe(
    "/board/queues/counted",
  );
  await expectAccessible(page);
  await expectAccessible(page, "dark");
  await screenshot(page, "overview");
  await board().restart(() => live(page, "Connecting"));
  await live(page, "Live");
  await board().queue("after the restart").push({ args: 1 });
  await row(page, "after the restart").waitFor({ timeout: REPORT_MS });
});

/** In the page: whether the number in a queue's row has grown. */
function moreThan({ queue, place, than }: { queue: string; place: number; than: number }): boolean {
  const found = [...document.querySelectorAll("tbody tr")].find((one) => one.querySelector("a")?.textContent === queue);
  return Number(found?.querySelectorAll("td")[place]?.textContent) > than;
}
