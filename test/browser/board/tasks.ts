// Pages of a queue, of a task and for pushing, in a real browser: what one sees, and each thing that one can do.

import type { Page } from "playwright-core";
import { describe, expect, test } from "vitest";
import type { Queue } from "../../e2e/contract/queue.ts";
import { token } from "../../e2e/contract/tokens.ts";
import { boardForFile, expectAccessible, screenshot } from "../../support/board.ts";
import { HOSTILE, SAMPLES } from "../../support/board-samples.ts";

const board = boardForFile();

const ADMIN = await token();

const open = (path: string, more: Parameters<ReturnType<typeof board>["open"]>[1] = {}): Promise<Page> =>
  board().open(`/board/queues/${path}`, { token: ADMIN, ...more });

const openTask = (queue: Queue, id: string, more = {}): Promise<Page> => open(`${queue.name}/tasks/${id}`, more);

const press = (page: Page, name: string): Promise<void> => page.getByRole("button", { name, exact: true }).click();
const said = (page: Page, text: string | RegExp): Promise<void> => page.locator(".toast", { hasText: text }).waitFor();
const status = (page: Page, name: string): Promise<void> =>
  page.locator("main .status", { hasText: name }).first().waitFor();

test("a person who never saw it finds a failed task, reads why, fixes its args and retries it", async () => {
  const queue = board().queue();
  board().work(queue.name, (args: { to: string }) => {
    if (!args.to.includes("@")) throw new Error(`no such address: ${args.to}`);
    return { sent: args.to };
  });
  await queue.push({ args: { to: "grace@example.com" } });
  await queue.push({ args: { to: "ada at example.com", id: 0 }, maxAttempts: 1 });
  await expect.poll(() => queue.counts()).toMatchObject({ Done: 1, Killed: 1 });
  const page = await board().open("/board/", { token: ADMIN });

  await page.getByRole("link", { name: queue.name }).click();
  await page.getByRole("link", { name: "Killed 1" }).click();
  const row = page.locator(".tasks tbody tr");
  await expect.poll(() => row.count()).toBe(1);
  await row.getByRole("link").first().click();
  await page.getByRole("region", { name: "Error" }).getByText("no such address: ada at example.com").waitFor();
  await press(page, "Edit args");
  const args = page.getByRole("textbox", { name: "Args" });
  expect(await args.inputValue()).toBe('{\n  "to": "ada at example.com",\n  "id": 0\n}');
  await args.fill('{\n  "to": "ada@example.com",\n  "id": 12345678901234567890,\n}');
  await page.getByText("Line 4, column 1: A comma before `}` is one too many.").waitFor();
  expect(await page.getByRole("button", { name: "Save and retry" }).isDisabled()).toBe(true);
  await args.fill('{"to": "ada@example.com", "id": 12345678901234567890}');
  await press(page, "Save and retry");
  await said(page, "It will be tried again");

  await status(page, "Done");
  await page.getByRole("region", { name: "result, as JSON" }).getByText('"ada@example.com"').waitFor();
  await page.getByText("12345678901234567890").waitFor();
  expect(await queue.counts()).toMatchObject({ Done: 2, Killed: 0 });
});

describe("a task", () => {
  test("is shown with its runs, and followed while a worker has it", async () => {
    const queue = board().queue();
    const { id, lease } = await queue.leased({ args: { n: 1 }, timeoutMs: 60_000, meta: { from: "a test" } });
    const page = await openTask(queue, id);
    await status(page, "Running");
    await page.getByText("its time is up").waitFor();
    await page.getByText("If it stays silent").waitFor();
    await queue.event({ type: "progress", id, lease, progress: { percent: 40 } });
    await page.getByRole("region", { name: "progress, as JSON" }).getByText("40").waitFor();
    await queue.event({
      type: "ack",
      id,
      lease,
      result: { err: "broken", retryAfterMs: 600_000 },
      logs: ["one", "two"],
    });
    await status(page, "Failed");
    const run = page.locator(".runs li");
    expect(await run.getByRole("heading").textContent()).toBe("Attempt 1: Failed");
    expect(await run.locator("details pre").textContent()).toBe("one\ntwo");
    await page.getByText(/The next is due in 9 min/).waitFor();
    await expectAccessible(page);
    await expectAccessible(page, "dark");
    await screenshot(page, "task");
    await page.evaluate(() => scrollTo(0, document.body.scrollHeight));
    await screenshot(page, "task-lower");
  });

  test("is retried, rescheduled, cancelled, copied and deleted", async () => {
    const queue = board().queue();
    const { id } = await queue.taskIn("Killed", { args: { n: 1 }, priority: 4 });
    const page = await openTask(queue, id);
    await press(page, "Retry now");
    await status(page, "Pending");

    await press(page, "Reschedule…");
    await page.getByLabel("Delay").fill("soon");
    await page.getByText("Write a number and a unit").waitFor();
    await page.getByLabel("Delay").fill("2 h");
    await press(page, "Reschedule");
    await page.getByText(/Runs in (2 h|1 h 59 min)/).waitFor();
    const { runAt } = await queue.task(id);
    expect(runAt - Date.now()).toBeGreaterThan(7_100_000);

    await press(page, "Cancel task…");
    await press(page, "Keep it as it is");
    await expect.poll(() => page.evaluate(() => document.activeElement?.textContent)).toBe("Cancel task…");
    await press(page, "Cancel task…");
    await press(page, "Cancel the task");
    await status(page, "Killed");

    await press(page, "Run again as a copy");
    await said(page, "Pushed as a new task");
    await expect.poll(() => page.url()).not.toContain(id);
    await page.goBack();
    await press(page, "Delete…");
    await press(page, "Delete the task");
    await said(page, "Deleted.");
    expect((await queue.get(`/tasks/${id}`)).status).toBe(404);
    expect(await queue.counts()).toMatchObject({ Pending: 1, Killed: 0 });
  });

  test("that somebody else changed is not overwritten unasked", async () => {
    const queue = board().queue();
    const { id } = await queue.taskIn("Killed", { args: { n: 1 } });
    const page = await openTask(queue, id, { expected: [/409/] });
    await press(page, "Edit args");
    await queue.call("PATCH", `/tasks/${id}`, { args: { n: 2 } });
    await page.getByRole("textbox", { name: "Args" }).fill('{"n": 3}');
    await press(page, "Save");
    await page.getByText("while you edited it").waitFor();
    expect((await queue.task(id)).args).toEqual({ n: 2 });
    await page.getByRole("button", { name: /^Save over revision/ }).click();
    await press(page, "Save");
    await said(page, "The args are changed.");
    expect((await queue.task(id)).args).toEqual({ n: 3 });
  });

  test("that is not there is told in the server's words", async () => {
    const queue = board().queue();
    const id = await queue.push();
    await queue.call("DELETE", `/tasks/${id}`);
    const page = await openTask(queue, id, { expected: [/404/] });
    await page.getByRole("alert").getByText(`There is no task with the id "${id}"`).waitFor();
  });
});

describe("a queue", () => {
  test("shows its tasks by status, finds them, and announces new ones", async () => {
    const queue = await board().sample();
    const page = await open(queue.name);
    for (const [name, count] of Object.entries(SAMPLES)) {
      await page.getByRole("link", { name: `${name} ${count}`, exact: true }).waitFor();
    }
    await page.locator(".tasks tbody tr").nth(1).waitFor();
    await expectAccessible(page, "dark");
    await screenshot(page, "queue");
    await page.getByText("Settings", { exact: true }).click();
    await expectAccessible(page);
    await page.getByText("Find tasks").click();
    await page.getByLabel("Group key").fill("markup");
    await press(page, "Filter");
    await expect.poll(() => page.locator(".tasks tbody tr").count()).toBe(1);
    expect(page.url()).toContain("group=markup");
    await page.getByRole("link", { name: "Clear the filters" }).click();
    await expect.poll(() => page.locator(".tasks tbody tr").count()).toBe(13);

    await queue.push({ args: "fresh" });
    await press(page, "1 new: show");
    await page.locator(".tasks tbody tr").first().getByText('"fresh"').waitFor();
  });

  test("is paged, and a row that leaves stays where it was until one looks anew", async () => {
    const queue = board().queue();
    await queue.post(
      "/tasks",
      Array.from({ length: 51 }, (_, n) => ({ args: n, delayMs: 600_000 })),
    );
    const page = await open(`${queue.name}?tab=Pending&order=oldest`);
    await expect.poll(() => page.locator(".tasks tbody tr").count()).toBe(50);
    const id = (await page.locator(".tasks tbody th").first().textContent()) ?? "";
    await queue.post(`/tasks/${id}/cancel`);
    await page.locator(".tasks tbody tr.left", { hasText: id }).getByText("Killed").waitFor();
    await page.getByRole("link", { name: "Killed 1" }).waitFor();
    await page.getByRole("link", { name: "Next page" }).click();
    await expect.poll(() => page.locator(".tasks tbody tr").count()).toBe(1);
    await page.getByRole("link", { name: "First page" }).click();
    await expect.poll(() => page.locator(".tasks tbody tr").count()).toBe(50);
  });

  test("has a verb done to those that are ticked, and to all that a filter finds", async () => {
    const queue = board().queue();
    const tasks = (groupKey: string, count: number) =>
      Array.from({ length: count }, (_, n) => ({ args: n, groupKey, delayMs: 600_000 }));
    await queue.post("/tasks", [...tasks("kept", 2), ...tasks("dropped", 60), ...tasks("ticked", 4)]);
    const page = await open(`${queue.name}?tab=Pending`);
    await page
      .getByRole("checkbox", { name: /^Choose 0/ })
      .first()
      .check();
    await page
      .getByRole("checkbox", { name: /^Choose 0/ })
      .nth(3)
      .click({ modifiers: ["Shift"] });
    await page.getByText("4 chosen:").waitFor();
    await press(page, "Delete…");
    await press(page, "Delete 4 tasks");
    await said(page, "4 tasks deleted.");
    expect(await queue.counts()).toMatchObject({ Pending: 62 });

    await page.goto(`${page.url()}&group=dropped`);
    await press(page, "Cancel all…");
    await page.getByText("This is for 60 tasks.").waitFor();
    await expectAccessible(page);
    await press(page, "Cancel 60 tasks");
    await said(page, "60 tasks cancelled.");
    expect(await queue.counts()).toMatchObject({ Pending: 2, Killed: 60 });
  });

  test("is paused, set, vacuumed and purged", async () => {
    const queue = board().queue();
    await queue.taskIn("Done");
    await queue.push();
    const page = await open(queue.name);
    await press(page, "Pause");
    await press(page, "Continue");
    await said(page, /^It goes on/);

    await page.getByText("Settings", { exact: true }).click();
    await page.getByLabel("Keep Done tasks for").fill("2 h");
    await page.getByRole("textbox", { name: "Attempts", exact: true }).fill("9");
    await press(page, "Save settings");
    await said(page, "The settings are changed.");
    const { body } = await queue.get<{ retention: object; defaults: object; paused: boolean }>("/config");
    expect(body).toMatchObject({ paused: false, retention: { doneMs: 7_200_000 }, defaults: { maxAttempts: 9 } });

    await press(page, "Vacuum…");
    await page.getByLabel("Ended longer ago than").fill("0");
    await press(page, "Remove them");
    await said(page, "Removed 1 tasks.");
    await press(page, "Resume abandoned…");
    await press(page, "Resume them");
    await said(page, "No dead worker holds a task.");
    await press(page, "Purge…");
    await page.getByLabel(/To go on, write its name/).fill("another");
    await press(page, "Remove the tasks");
    await page.getByRole("alert").getByText("is not the queue's").waitFor();
    await page.getByLabel(/To go on, write its name/).fill(queue.name);
    await press(page, "Remove the tasks");
    await expect.poll(() => queue.counts()).toMatchObject({ Pending: 0, Done: 0 });
  });
});

describe("pushing", () => {
  test("sends what was typed, with what was chosen, and leads to the task", async () => {
    const queue = board().queue();
    const page = await open(`${queue.name}/push`);
    await page.getByRole("textbox", { name: "Args" }).fill('{"n": 12345678901234567890}');
    await page.getByLabel("When").selectOption("delay");
    await page.getByLabel("Priority").fill("7");
    await page.getByLabel("Group key").fill("g");
    await page.getByRole("textbox", { name: "Meta" }).fill('{"from": "a form"}');
    await expectAccessible(page);
    await expectAccessible(page, "dark");
    await page.evaluate(() => scrollTo(0, 0));
    await screenshot(page, "push");
    await press(page, "Push the task");
    await page.getByRole("status").getByRole("link").click();
    await page.getByText("12345678901234567890").waitFor();
    const id = page.url().split("/").at(-1) ?? "";
    expect(await queue.task(id)).toMatchObject({
      priority: 7,
      groupKey: "g",
      meta: { from: "a form" },
      status: "Pending",
    });
  });

  test("makes one task of each item of a list, or says why not", async () => {
    const queue = board().queue();
    const page = await open(`${queue.name}/push`, { expected: [/400/] });
    await page.getByRole("textbox", { name: "Args" }).fill('[{"n": 1}, {"n": 2}, {"n": 3}]');
    await page.getByLabel("One task for each of the 3 items").check();
    await page.getByLabel("Priority").fill("1.5");
    await press(page, "Push 3 tasks");
    await page.getByRole("alert").getByText("`0.priority` must be an integer").waitFor();
    await page.getByLabel("Priority").fill("1");
    await press(page, "Push 3 tasks");
    await page.getByRole("heading", { name: "Pushed 3 tasks" }).waitFor();
    expect(await queue.counts()).toMatchObject({ Pending: 3 });
  });
});

test("a token that may only read is offered nothing that it may not do", async () => {
  const queue = await board().sample();
  const reader = await token({ scope: ["read"] });
  const page = await open(`${queue.name}?tab=Killed`, { token: reader });
  const row = page.locator(".tasks tbody tr");
  await row.first().waitFor();
  const names = ["Pause", "Vacuum…", "Purge…", "Retry all…", "Delete all…", "Save settings"];
  for (const name of names) expect(await page.getByRole("button", { name }).count(), name).toBe(0);
  expect(await page.getByRole("checkbox").count()).toBe(0);
  expect(await page.getByRole("link", { name: "Push a task" }).count()).toBe(0);
  await row.first().getByRole("link").first().click();
  await page.getByRole("heading", { name: "Failed for good", exact: true }).waitFor();
  expect(
    await page
      .locator("main")
      .getByRole("button", { name: /Retry|Edit|Delete|copy/ })
      .count(),
  ).toBe(0);
});

describe("args that mean harm", () => {
  test("are text, in the list and on the page", async () => {
    const queue = board().queue();
    const ids = new Map<string, string>();
    for (const [kind, args] of Object.entries(HOSTILE)) {
      const { body } = await queue.post<{ id: string }>("/tasks", `{"args":${args},"groupKey":"<b>${kind}</b>"}`);
      ids.set(kind, body.id);
    }
    const page = await open(`${queue.name}?tab=Pending`);
    for (const [kind, args] of Object.entries(HOSTILE)) {
      const row = page.locator(".tasks tbody tr", { hasText: `<b>${kind}</b>` });
      const shown = args.length > 140 ? `${args.slice(0, 140)}…` : args;
      expect(await row.locator(".preview").textContent(), kind).toBe(shown);
    }
    for (const [kind, args] of Object.entries(HOSTILE)) {
      await page.goto(`${board().server.url}/board/queues/${queue.name}/tasks/${ids.get(kind)}`);
      const tree = page.getByRole("region", { name: "args, as JSON" });
      const [part = ""] = kind === "deep" ? ["1 item"] : (/[^[\]{}:,"\\]{6,}/.exec(args) ?? []);
      await tree.getByText(part).first().waitFor();
      await expect.poll(() => page.title(), { message: kind }).toContain(ids.get(kind));
      expect(await page.locator("main script, main img, main b").count(), kind).toBe(0);
    }
  });

  test("of a megabyte, and of 500 levels, stay usable on a small screen", async () => {
    const queue = board().queue();
    const deep = `${"[".repeat(499)}7${"]".repeat(499)}`;
    const long = JSON.stringify({ list: Array.from({ length: 20_000 }, (_, n) => n), text: "y".repeat(850_000) });
    const ids = [];
    for (const args of [deep, long]) {
      ids.push((await queue.post<{ id: string }>("/tasks", `{"args":${args},"delayMs":600000}`)).body.id);
    }
    const page = await openTask(queue, ids[0] ?? "", { width: 390 });
    const toggles = page.locator(".json-toggle[aria-expanded=false]");
    for (let level = 0; level < 8; level++) await toggles.first().click();
    expect(await page.locator(".json-toggle").count()).toBe(13);
    await page.goto(page.url().replace(ids[0] ?? "", ids[1] ?? ""));
    await page.getByRole("button", { name: "Show more of 850,002 characters" }).waitFor();
    await page.getByRole("button", { name: /list.*20,000 items/ }).click();
    await page.getByRole("button", { name: "Show more of 20,000" }).click();
    await expect.poll(() => page.locator(".json-tree li").count()).toBe(2 + 200 + 1);
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(390);
    await press(page, "Edit args");
    expect((await page.getByRole("textbox", { name: "Args" }).inputValue()).length).toBeGreaterThan(900_000);
  });
});
