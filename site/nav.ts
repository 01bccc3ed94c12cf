/** What stands in the site's menu, in order. A test holds it against the pages that there are. */

import { entries } from "./api.ts";

export interface Group {
  readonly text: string;
  /** Paths in the site, without `.md`. */
  readonly pages: readonly string[];
}

/** What a page is called in the menu where that is not its heading. */
export const CALLED: Readonly<Record<string, string>> = {
  index: "Overview",
  "quick-start": "Quick start",
  semantics: "What a queue promises",
  scaling: "Scaling",
  "reference/http": "HTTP routes",
};

export const NAV: readonly Group[] = [
  { text: "Start", pages: ["index", "quick-start", "source/examples/README"] },
  { text: "Concepts", pages: ["semantics", "workers", "scaling", "reliability", "traits", "features"] },
  {
    text: "Guides",
    pages: [
      "guides/idempotency",
      "guides/retries",
      "guides/long-tasks",
      "guides/exactly-once",
      "guides/testing",
      "deploying",
      "self-hosting",
      "cli",
      "schedules",
      "monitoring",
      "board",
      "writing-a-backend",
    ],
  },
  { text: "Coming from", pages: ["guides/from-cloudflare-queues", "guides/from-bullmq", "guides/from-sqs"] },
  {
    text: "Reference",
    pages: [
      "protocol",
      "reference/http",
      ...entries()
        .keys()
        .map((page) => page.replace(/\.md$/, "")),
      "performance",
      "changelog",
    ],
  },
  { text: "Troubleshooting", pages: ["troubleshooting"] },
  { text: "Inside", pages: ["architecture", "threat-model", "releasing"] },
];
