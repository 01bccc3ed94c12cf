// What a page shows while it has no answer, or one that took long: nothing that was typed or read is lost.

import type { Page } from "playwright-core";
import { expect, test } from "vitest";
import { token } from "../../e2e/contract/tokens.ts";
import { boardForFile } from "../../support/board.ts";

const board = boardForFile();

const rows = (page: Page) => page.locator(".tasks tbody tr");

test("a queue's page that finds no server says so, and fills by itself once there is one", async () => {
  const queue = board().queue("away");
  await queue.push({ args: "still here" });
  const page = await board().open("/board/", {
    token: await token({ queues: ["away"] }),
    expected: [/ERR_CONNECTION_REFUSED|WebSocket connection/],
  });
  await page.getByRole("link", { name: "away", exact: true }).waitFor();
  await board().restart(async () => {
    await page.getByRole("link", { name: "away", exact: true }).click();
    await page.getByRole("alert").filter({ hasText: "The server cannot be reached" }).waitFor();
  });
  await rows(page).getByText('"still here"').waitFor();
  expect(await page.getByRole("alert").count()).toBe(0);
});

test("what was typed is there again when a token ended and the next one of the same is given, and not for another", async () => {
  const sub = "ada";
  const queue = board().queue();
  const page = await board().open(`/board/queues/${queue.name}/push`, {
    token: await token({ sub, exp: Date.now() / 1_000 + 3 }),
    expected: [/status of 401/],
  });
  const args = page.getByRole("textbox", { name: "Args" });
  await args.fill('{"typed": "for long"}');
  await page.getByRole("heading", { name: "Log in" }).waitFor();
  expect(await args.isVisible()).toBe(false);
  const logIn = async (pasted: string) => {
    await page.getByLabel("Token", { exact: true }).fill(pasted);
    await page.getByRole("button", { name: "Log in" }).click();
    await args.waitFor();
  };
  await logIn(await token({ sub, exp: Date.now() / 1_000 + 4 }));
  expect(await args.inputValue()).toBe('{"typed": "for long"}');
  await page.getByRole("heading", { name: "Log in" }).waitFor();
  await logIn(await token({ sub: "grace" }));
  expect(await args.inputValue()).toBe("{\n  \n}");
});

test("a tab that was seen before shows what it had at once, and says that it is reading anew", async () => {
  const queue = await board().sample();
  const page = await board().open(`/board/queues/${queue.name}?tab=Killed`, { token: await token() });
  await rows(page).first().waitFor();
  const killed = await rows(page).count();
  await page.getByRole("link", { name: /^Done/ }).click();
  await page.getByRole("table", { name: "Done tasks" }).waitFor();
  let answer = () => {};
  const held = new Promise<void>((resolve) => {
    answer = resolve;
  });
  await page.route(/tasks\?status=Killed/, async (route) => {
    await held;
    await route.continue();
  });
  await page.getByRole("link", { name: /^Killed/ }).click();
  await page.getByText(/^As it was .*; reading anew…$/).waitFor();
  expect(await rows(page).count()).toBe(killed);
  answer();
  await expect.poll(() => page.getByText("reading anew").count()).toBe(0);
  expect(await rows(page).count()).toBe(killed);
});

test("where the newest of a status are behind many tasks that wait, the oldest are shown, and one may look further", async () => {
  const queue = board().queue();
  await queue.taskIn("Done", { args: "done long ago" });
  await queue.configure({ paused: true });
  const batch = Array.from({ length: 1_000 }, () => ({ args: 0 }));
  for (let pushed = 0; pushed < 5; pushed++) expect((await queue.post("/tasks", batch)).status).toBe(201);
  const page = await board().open(`/board/queues/${queue.name}?tab=Done`, { token: await token() });
  await rows(page).getByText('"done long ago"').waitFor();
  await page.getByText("so these are the oldest").waitFor();
  await page.getByRole("link", { name: "Look for the newest" }).click();
  await expect.poll(() => page.getByText("so these are the oldest").count()).toBe(0);
  await rows(page).getByText('"done long ago"').waitFor();
});
