/** The layout: the bar on top, who one is, and the page that the address leads to. */

import { useSignal, useSignalEffect } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { type ApiError, learnWhetherOpen } from "./api.ts";
import { connection, stillness } from "./live.ts";
import { LogIn } from "./login.tsx";
import { OverviewPage } from "./pages/overview.tsx";
import { PushPage } from "./pages/push.tsx";
import { QueuePage } from "./pages/queue.tsx";
import { TaskPage } from "./pages/task.tsx";
import { WorkersPage } from "./pages/workers.tsx";
import { Link, overviewHref, path, type Route, route, workersHref } from "./router.ts";
import { Session } from "./session.tsx";
import { ThemeChoice } from "./theme.tsx";
import { Toasts } from "./toast.tsx";
import { claimsOf, farewell, isOpen, token } from "./token.ts";

export function App(): ComponentChildren {
  const entered = token.value !== null || isOpen.value === true;
  const owner = useRef<string>(undefined);
  if (entered) owner.current = ownerOf(token.value);
  useFocus(entered);
  return (
    <>
      <a class="skip" href="#main">
        Skip to the content
      </a>
      <Bar entered={entered} />
      <main id="main" tabIndex={-1}>
        {entered || (owner.current !== undefined && farewell.value !== null) ? (
          <div key={owner.current} hidden={!entered}>
            <Inside />
          </div>
        ) : null}
        {entered ? null : <Door />}
      </main>
      <Toasts />
    </>
  );
}

/**
 * Whose page it is. Where a token ended, it stays for the next token of the same, out of sight, so that nothing is lost that
 * was typed; another's page begins anew, and whoever logs out takes the page along.
 */
function ownerOf(text: string | null): string {
  const claims = text === null ? null : claimsOf(text);
  return JSON.stringify([claims?.sub, claims?.queues]);
}

function Bar({ entered }: { readonly entered: boolean }): ComponentChildren {
  const { page } = route.value;
  const mark = (current: boolean) => (current ? ({ "aria-current": "page" } as const) : {});
  return (
    <header class="bar">
      <div>
        <Link href={overviewHref} class="brand">
          <svg viewBox="0 0 32 32" aria-hidden="true">
            <rect width="32" height="32" rx="7" fill="#14532d" />
            <path d="M8 9h16M8 16h11M8 23h6" fill="none" stroke="#bbf7d0" stroke-width="3" stroke-linecap="round" />
          </svg>
          Prinia
        </Link>
        {entered && (
          <nav aria-label="Pages">
            <Link href={overviewHref} {...mark(page === "overview")}>
              Queues
            </Link>
            <Link href={workersHref} {...mark(page === "workers")}>
              Workers
            </Link>
          </nav>
        )}
        <div class="session">
          {entered && <Live />}
          <ThemeChoice />
          <Session />
        </div>
      </div>
    </header>
  );
}

const STATES = { open: "Live", connecting: "Connecting…", closed: "Not live" } as const;

const Live = (): ComponentChildren => (
  <span class="live" role="status" data-state={connection.value}>
    {STATES[connection.value]}
  </span>
);

function Inside(): ComponentChildren {
  return (
    <>
      {stillness.value !== null && <p class="warning">{stillness.value} Reload the page to read anew.</p>}
      <Page route={route.value} />
    </>
  );
}

function Page({ route }: { readonly route: Route }): ComponentChildren {
  switch (route.page) {
    case "overview":
      return <OverviewPage />;
    case "workers":
      return <WorkersPage />;
    case "queue":
      return <QueuePage key={route.queue} queue={route.queue} />;
    case "task":
      return <TaskPage key={`${route.queue} ${route.id}`} queue={route.queue} id={route.id} />;
    case "push":
      return <PushPage key={route.queue} queue={route.queue} />;
    case "unknown":
      return (
        <div class="stack">
          <h1>There is no such page</h1>
          <p>
            The address may be cut off. <Link href={overviewHref}>All queues</Link> are on the overview.
          </p>
        </div>
      );
    default:
      return route satisfies never;
  }
}

/** Before one is in: the log-in, once it is known that there is one. */
function Door(): ComponentChildren {
  const failure = useSignal<string | null>(null);
  const ask = (): void => {
    failure.value = null;
    learnWhetherOpen().catch((error: ApiError) => {
      failure.value = error.message;
    });
  };
  useEffect(() => {
    if (isOpen.peek() === null) ask();
    // Over a page that is out of sight a dialog would still take the keyboard.
    for (const dialog of document.querySelectorAll("dialog")) dialog.close();
  }, []);
  if (isOpen.value === false) return <LogIn />;
  if (failure.value === null) return <p class="muted">Asking the server…</p>;
  return (
    <div class="stack">
      <h1>The board has no server</h1>
      <p class="error" role="alert">
        {failure.value}
      </p>
      <p>
        <button type="button" onClick={ask}>
          Try again
        </button>
      </p>
    </div>
  );
}

const TITLES: Record<Route["page"], (route: Route) => string> = {
  overview: () => "Queues",
  workers: () => "Workers",
  queue: (at) => ("queue" in at ? at.queue : ""),
  task: (at) => ("id" in at ? `Task ${at.id}` : ""),
  push: (at) => ("queue" in at ? `Push to ${at.queue}` : ""),
  unknown: () => "No such page",
};

/** After a step to another page, whoever reads with the keyboard or by ear stands at its heading. */
function useFocus(entered: boolean): void {
  const before = useRef<string>(undefined);
  useSignalEffect(() => {
    document.title = `${TITLES[route.value.page](route.value)} · Prinia`;
  });
  const place = `${entered} ${path.value.split("?")[0]}`;
  useEffect(() => {
    const isFirst = before.current === undefined;
    before.current = place;
    if (isFirst) return;
    const heading = document.querySelector<HTMLElement>("main h1") ?? document.querySelector<HTMLElement>("main");
    if (heading === null || heading.contains(document.activeElement)) return;
    // Fields that asked for the focus themselves keep it.
    if (document.activeElement?.closest("main form")) return;
    heading.tabIndex = -1;
    heading.focus({ preventScroll: true });
  }, [place]);
}
