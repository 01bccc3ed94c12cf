/** Where one is: paths under `/board/` with their query, so that every view has an address. */

import { computed, signal } from "@preact/signals";
import { type ComponentChildren, h } from "preact";

const BASE = "/board/";

export type Route =
  | { readonly page: "overview" }
  | { readonly page: "queue"; readonly queue: string }
  | { readonly page: "task"; readonly queue: string; readonly id: string }
  | { readonly page: "push"; readonly queue: string }
  | { readonly page: "workers" }
  | { readonly page: "unknown" };

const here = (): string => (typeof location === "undefined" ? BASE : location.pathname + location.search);

/** The path and the query, as they stand in the address. */
export const path = signal(here());

export const route = computed<Route>(() => routeOf(path.value));
export const query = computed(() => new URLSearchParams(path.value.split("?")[1] ?? ""));

if (typeof addEventListener === "function") addEventListener("popstate", () => (path.value = here()));

/** @param options `replace` leaves no way back to where one was: for filters, as they are typed */
export function go(to: string, { replace = false }: { readonly replace?: boolean } = {}): void {
  if (to === path.value) return;
  if (replace) history.replaceState(null, "", to);
  else history.pushState(null, "", to);
  const moved = to.split("?")[0] !== path.value.split("?")[0];
  path.value = to;
  if (moved && !replace) scrollTo(0, 0);
}

/** Changes parameters of the query where one is; `null` and the empty text take one away. */
export function setQuery(
  changes: Readonly<Record<string, string | null>>,
  options?: { readonly replace?: boolean },
): void {
  const next = new URLSearchParams(query.value);
  for (const [name, value] of Object.entries(changes)) {
    if (value === null || value === "") next.delete(name);
    else next.set(name, value);
  }
  go(`${path.value.split("?")[0]}${textOf(next)}`, options);
}

export const overviewHref = BASE;
export const workersHref = `${BASE}workers`;
export const queueHref = (queue: string, parameters: Readonly<Record<string, string>> = {}): string =>
  `${BASE}queues/${encodeURIComponent(queue)}${textOf(new URLSearchParams(parameters))}`;
export const taskHref = (queue: string, id: string): string => `${queueHref(queue)}/tasks/${encodeURIComponent(id)}`;
export const pushHref = (queue: string): string => `${queueHref(queue)}/push`;

const textOf = (parameters: URLSearchParams): string => (parameters.size === 0 ? "" : `?${parameters}`);

/** The page that a path leads to. */
export function routeOf(to: string): Route {
  const [, ...parts] = (to.split("?")[0] ?? "").replace(/\/$/, "").split("/").slice(1);
  try {
    const [place, queue, what, id, ...more] = parts.map(decodeURIComponent);
    if (more.length > 0) return { page: "unknown" };
    if (place === undefined) return { page: "overview" };
    if (place === "workers" && queue === undefined) return { page: "workers" };
    if (place !== "queues" || queue === undefined || queue === "") return { page: "unknown" };
    if (what === undefined) return { page: "queue", queue };
    if (what === "push" && id === undefined) return { page: "push", queue };
    if (what === "tasks" && id !== undefined && id !== "") return { page: "task", queue, id };
  } catch {
    // Percent-encoding that means nothing.
  }
  return { page: "unknown" };
}

interface LinkProps {
  readonly href: string;
  readonly class?: string;
  readonly "aria-current"?: "page" | undefined;
  readonly "aria-label"?: string;
  /** It is pointed at or has the focus: likely to be pressed next. */
  readonly onNear?: () => void;
  readonly children?: ComponentChildren;
}

/** A link within the board: it works as any other does, opening elsewhere included, and loads nothing. */
export function Link({ onNear, ...props }: LinkProps): ComponentChildren {
  const onClick = (event: MouseEvent): void => {
    if (event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    go(props.href);
  };
  return h("a", { ...props, onClick, onPointerEnter: onNear, onFocus: onNear });
}
