// Addresses of the board: which page each leads to, and how one gets from one to another.

import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { go, path, pushHref, query, queueHref, routeOf, setQuery, taskHref } from "../../../src/board/router.ts";

describe("an address", () => {
  test.each([
    ["/board/", { page: "overview" }],
    ["/board", { page: "overview" }],
    ["/board/?sort=Failed", { page: "overview" }],
    ["/board/workers", { page: "workers" }],
    ["/board/queues/emails", { page: "queue", queue: "emails" }],
    ["/board/queues/emails/?tab=Done", { page: "queue", queue: "emails" }],
    ["/board/queues/emails/push", { page: "push", queue: "emails" }],
    ["/board/queues/emails/tasks/01M", { page: "task", queue: "emails", id: "01M" }],
    ["/board/queues", { page: "unknown" }],
    ["/board/queues//push", { page: "unknown" }],
    ["/board/queues/emails/tasks", { page: "unknown" }],
    ["/board/queues/emails/tasks/01M/more", { page: "unknown" }],
    ["/board/queues/%ZZ", { page: "unknown" }],
    ["/board/nothing", { page: "unknown" }],
  ])("%s leads to its page", (to, route) => {
    expect(routeOf(to)).toEqual(route);
  });

  test.each(["emails", "a/b", "100 %?#&+", "ünïcödé \u{1f9a9}", "push"])(
    "of the queue %s leads back to it",
    (queue) => {
      expect(routeOf(queueHref(queue, { tab: "Done" }))).toEqual({ page: "queue", queue });
      expect(routeOf(pushHref(queue))).toEqual({ page: "push", queue });
      expect(routeOf(taskHref(queue, "a b/c"))).toEqual({ page: "task", queue, id: "a b/c" });
    },
  );
});

describe("going", () => {
  const steps: string[] = [];
  beforeEach(() => {
    steps.length = 0;
    vi.stubGlobal("history", {
      pushState: (_: null, __: string, to: string) => steps.push(`push ${to}`),
      replaceState: (_: null, __: string, to: string) => steps.push(`replace ${to}`),
    });
    vi.stubGlobal("scrollTo", () => steps.push("to the top"));
    path.value = "/board/";
  });
  afterEach(() => vi.unstubAllGlobals());

  test("to another page is a step of the history, and begins at its top", () => {
    go(queueHref("emails"));
    expect(steps).toEqual(["push /board/queues/emails", "to the top"]);
    expect(path.value).toBe("/board/queues/emails");
  });

  test("to where one is does nothing", () => {
    go("/board/");
    expect(steps).toEqual([]);
  });

  test("changes a query without leaving the place, and takes away what is empty", () => {
    go("/board/queues/emails?tab=Done&group=a");
    steps.length = 0;
    setQuery({ tab: "Failed & more", group: null, key: "" });
    expect(steps).toEqual(["push /board/queues/emails?tab=Failed+%26+more"]);
    expect(query.value.get("tab")).toBe("Failed & more");
    setQuery({ tab: null }, { replace: true });
    expect(steps.at(-1)).toBe("replace /board/queues/emails");
  });
});
