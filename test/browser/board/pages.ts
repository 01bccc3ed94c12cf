// What is at which address; the API reference: the document of this server, and a call from it.

import type { Locator, Page } from "playwright-core";
import { expect, test } from "vitest";
import { token } from "../../e2e/contract/tokens.ts";
import { boardForFile, expectAccessible, screenshot } from "../../support/board.ts";

const board = boardForFile();

const operation = (page: Page, method: string, path: string): Locator =>
  page.locator(`.opblock-${method.toLowerCase()}`, { has: page.locator(`[data-path="${path}"]`) });

test.each(["/", "/board/"])("%s shows the board", async (path) => {
  const page = await board().open(path, { token: await token() });
  await page.getByRole("heading", { level: 1 }).waitFor();
  expect(new URL(page.url()).pathname).toMatch(/^\/board\/?$/);
  expect(await page.title()).toContain("Prinia");
});

test("the reference shows every operation, and tries a call: refused without a token, answered with the one that its button takes", async () => {
  const { paths } = await (await fetch(`${board().server.url}/v1/openapi.json`)).json();
  const operations = Object.values(paths as Record<string, object>).flatMap((path) => Object.keys(path));
  expect(operations.length).toBeGreaterThan(30);
  const page = await board().open("/docs", { expected: [/status of 401/] });
  await page
    .locator(".opblock")
    .nth(operations.length - 1)
    .waitFor();
  expect(await page.locator(".opblock").count()).toBe(operations.length);
  // Its landmarks and nested buttons are Swagger UI's own markup, which no stylesheet changes.
  await expectAccessible(page, "light", ["color-contrast"]);
  await expectAccessible(page, "dark", ["color-contrast"]);
  await screenshot(page, "reference");

  const queue = board().queue();
  const id = await queue.push({ args: { to: "ada@example.com" } });
  const call = operation(page, "GET", "/v1/queues/{queue}/tasks/{id}");
  await call.locator("button.opblock-summary-control").click();
  await call.locator('tr[data-param-name="queue"] input').fill(queue.name);
  await call.locator('tr[data-param-name="id"] input').fill(id);
  await call.getByRole("button", { name: "Execute" }).click();
  const answer = call.locator(".live-responses-table");
  await answer.locator(".response-col_status", { hasText: "401" }).waitFor();

  await page.getByRole("button", { name: "Authorize" }).first().click();
  const dialog = page.locator(".dialog-ux");
  await dialog.locator("input").fill(await token({ scope: ["read"] }));
  await dialog.getByRole("button", { name: "Apply credentials" }).click();
  await dialog.getByRole("button", { name: "Close" }).first().click();
  await call.getByRole("button", { name: "Execute" }).click();
  await answer.locator(".response-col_status", { hasText: "200" }).waitFor();
  expect(await answer.textContent()).toContain("ada@example.com");
});
