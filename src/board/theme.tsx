/** Light or dark: as the system has it, or as one chose here. */

import { signal } from "@preact/signals";
import type { ComponentChildren } from "preact";

const KEY = "prinia-theme";
const THEMES = ["system", "light", "dark"] as const;
type Theme = (typeof THEMES)[number];

const isTheme = (text: unknown): text is Theme => THEMES.some((theme) => theme === text);

/** Refused where site data are blocked: then a choice lasts until the page is left. */
function stored(): Theme {
  try {
    const text = localStorage.getItem(KEY);
    return isTheme(text) ? text : "system";
  } catch {
    return "system";
  }
}

const chosen = signal<Theme>("system");
const system = matchMedia("(prefers-color-scheme: dark)");

/** The theme in use: for charts, which draw colours themselves. */
export const isDark = signal(system.matches);

function apply(theme: Theme): void {
  chosen.value = theme;
  if (theme === "system") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme;
  isDark.value = theme === "system" ? system.matches : theme === "dark";
}

export function startTheme(): void {
  apply(stored());
  system.addEventListener("change", () => apply(chosen.peek()));
}

function choose(theme: Theme): void {
  apply(theme);
  try {
    localStorage.setItem(KEY, theme);
  } catch {
    // As above.
  }
}

export const ThemeChoice = (): ComponentChildren => (
  <label class="theme">
    <span class="visually-hidden">Colours</span>
    <select
      value={chosen.value}
      onChange={({ currentTarget: { value } }) => {
        if (isTheme(value)) choose(value);
      }}
    >
      <option value="system">Theme: auto</option>
      <option value="light">Theme: light</option>
      <option value="dark">Theme: dark</option>
    </select>
  </label>
);
