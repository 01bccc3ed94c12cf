// Less usual states: charts over time, a divided queue, a bulk verb that is stopped.

import type { Page } from "playwright-core";
import { expect, test } from "vitest";
import { token } from "../../e2e/contract/tokens.ts";
import { boardForFile, DIVIDED, expectAccessible } from "../../support/board.ts";

const board = boardForFile();

test("charts are drawn from the history, tell what is under the cursor, and go from hours to days", async () => {
  const queue = board().queue();
  await queue.taskIn("Done");
  await queue.push();
  await queue.push();
  const page = await board().open(`/board/queues/${queue.name}`, { token: await token() });
  const throughput = page.locator("figure", { hasText: "Throughput" });
  await throughput.locator(".u-legend").waitFor();
  await expect.poll(() => throughput.locator("canvas").evaluate(colouredPixels)).toBeGreaterThan(50);
  const time = throughput.locator(".u-legend .u-value").first();
  expect(await time.textContent()).toMatch(/^(?:–|-*)$/);
  await throughput.locator(".u-over").hover();
  await expect.poll(() => time.textContent()).toMatch(/\d\d:\d\d/);
  await page.getByText("The same numbers as a table").click();
  const numbers = page.getByRole("table", { name: "Tasks a minute" });
  await expect.poll(() => numbers.evaluate(sumOfFirstNumbers)).toBe(3);
  await expectAccessible(page);
  await page.getByRole("button", { name: "Last week" }).click();
  expect(new URL(page.url()).search).toBe("?span=week");
  await expect.poll(() => page.getByRole("table", { name: "Tasks an hour" }).evaluate(sumOfFirstNumbers)).toBe(3);
  await expect.poll(() => throughput.locator("canvas").evaluate(colouredPixels)).toBeGreaterThan(50);
});

test("a divided queue has one list and one set of numbers, and follows all its parts", async () => {
  const queue = board().queue(DIVIDED);
  const tasks = Array.from({ length: 30 }, (_, n) => ({ args: n, delayMs: 600_000 }));
  await queue.post("/tasks", tasks);
  const page = await board().open(`/board/queues/${DIVIDED}`, { token: await token() });
  await page.getByRole("link", { name: "Pending 30" }).waitFor();
  await expect.poll(() => page.locator(".tasks tbody tr").count()).toBe(30);
  await page.locator(".live", { hasText: "Live" }).waitFor();
  const { body } = await queue.post<{ changed: number }>("/tasks/cancel", { filter: {} });
  expect(body.changed).toBe(30);
  await page.getByRole("link", { name: "Killed 30" }).waitFor();
  await expect.poll(() => page.locator(".tasks tbody .status", { hasText: "Killed" }).count()).toBe(30);
});

test("a bulk verb that is stopped says how far it came, and leaves the rest", async () => {
  const queue = board().queue();
  for (let pushed = 0; pushed < 3; pushed++)
    await queue.post(
      "/tasks",
      Array.from({ length: 1_000 }, (_, n) => ({ args: n, delayMs: 600_000 })),
    );
  const page = await board().open(`/board/queues/${queue.name}?tab=Pending`, { token: await token() });
  await stopAtSecond(page);
  await page.getByRole("button", { name: "Cancel all…" }).click();
  await page.getByRole("button", { name: "Cancel 3,000 tasks" }).click();
  await page.locator(".toast", { hasText: "2,000 tasks cancelled, then stopped." }).waitFor();
  expect(await queue.counts()).toMatchObject({ Pending: 1_000, Killed: 2_000 });
});

/** Holds the second step back until Stop is pressed. */
async function stopAtSecond(page: Page): Promise<void> {
  let steps = 0;
  await page.route(/\/cancel$/, async (route) => {
    const isStep = !route.request().postData()?.includes("dryRun");
    if (isStep) steps += 1;
    if (steps === 2) await page.getByRole("button", { name: /^Stop/ }).click();
    await route.continue();
  });
}

/** In the page: points of a canvas that are neither empty nor grey, as its axes are. */
function colouredPixels(canvas: Element): number {
  const drawn = canvas as HTMLCanvasElement;
  const { data } = drawn.getContext("2d")?.getImageData(0, 0, drawn.width, drawn.height) ?? { data: [] };
  let count = 0;
  for (let at = 0; at < data.length; at += 4) {
    const rgb = [data[at] ?? 0, data[at + 1] ?? 0, data[at + 2] ?? 0];
    if ((data[at + 3] ?? 0) > 60 && Math.max(...rgb) - Math.min(...rgb) > 60) count += 1;
  }
  return count;
}

/** In the page: the first column of numbers, added up. */
const sumOfFirstNumbers = (table: Element): number =>
  [...table.querySelectorAll("tbody tr")].reduce((sum, row) => sum + Number(row.querySelector("td")?.textContent), 0);
