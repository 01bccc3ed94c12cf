/** What is wider than a phone, and so scrolls by itself. */

import type { ComponentChildren } from "preact";

interface ScrollerProps {
  /** What it is, for whoever does not see it. */
  readonly label: string;
  readonly class?: string;
  readonly children: ComponentChildren;
}

export const Scroller = ({ label, class: more = "", children }: ScrollerProps): ComponentChildren => (
  // biome-ignore lint/a11y/noNoninteractiveTabindex: without a stop there, the keyboard could not scroll it
  <section class={`table ${more}`} aria-label={label} tabIndex={0}>
    {children}
  </section>
);
