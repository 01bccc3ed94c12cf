/** How VitePress shows the pages that prepare.ts has written. */

import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { DefaultTheme, UserConfig } from "vitepress";
import { CALLED, NAV } from "./nav.ts";

/** The first heading of a page. */
function titleOf(pages: string, page: string): string {
  const text = readFileSync(join(pages, `${page}.md`), "utf8");
  return (/^# (.*)$/m.exec(text)?.[1] ?? page).replaceAll("`", "");
}

function sidebarOf(pages: string): DefaultTheme.SidebarItem[] {
  const item = (page: string) => ({
    text: CALLED[page] ?? titleOf(pages, page),
    link: `/${page.replace(/^index$/, "")}`,
  });
  const groups = NAV.map((group) => ({ text: group.text, items: group.pages.map(item) }));
  const decisions = existsSync(join(pages, "design")) ? readdirSync(join(pages, "design")) : [];
  const items = decisions.map((file) => item(`design/${file.replace(/\.md$/, "")}`));
  return [...groups, { text: "Decisions", collapsed: true, items }];
}

/** @param pages the folder of the pages */
export function configOf(pages: string): UserConfig<DefaultTheme.Config> {
  return {
    title: "Prinia",
    description: "A task queue on Durable Objects: HTTP, WebSocket and TypeScript",
    // The highlighter does not know it, and it reads like this.
    markdown: { languageAlias: { promql: "sql" } },
    // The index of the search is one of them.
    vite: { build: { chunkSizeWarningLimit: 2_000 } },
    themeConfig: {
      sidebar: sidebarOf(pages),
      outline: [2, 3],
      search: { provider: "local" },
    },
  };
}
