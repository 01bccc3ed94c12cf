// The board opens: at its address and below it, from a server with tasks, under the policy of the pages.

import { expect, test } from "vitest";
import { boardForFile } from "../../support/board.ts";
import { SAMPLES } from "../../support/board-samples.ts";

const board = boardForFile();

test.each(["/", "/board", "/board/"])("%s shows the board", async (path) => {
  const page = await board().open(path);
  await page.getByRole("heading", { level: 1 }).waitFor();
  expect(new URL(page.url()).pathname).toMatch(/^\/board\/?$/);
  expect(await page.title()).toContain("Prinia");
});

test("an address of its own routes shows it too, over hostile tasks, and after the server came back", async () => {
  const queue = await board().sample();
  expect(await queue.counts()).toEqual(SAMPLES);
  const page = await board().open(`/board/queues/${queue.name}`, { expected: [/ERR_CONNECTION_REFUSED|WebSocket/] });
  await page.getByRole("heading", { level: 1 }).waitFor();
  await board().restart();
  await page.reload();
  await page.getByRole("heading", { level: 1 }).waitFor();
  expect(await page.title()).not.toContain("owned");
});
