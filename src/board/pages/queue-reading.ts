/** One page of a queue's tasks while it is looked at: what is known of it at once, and what the server answers. */

import { signal } from "@preact/signals";
import { errorText } from "../ui/act.ts";
import { comingPage, type Known, knownPage, readPage } from "./queue-pages.ts";
import type { View } from "./queue-query.ts";
import { LiveRows } from "./queue-rows.ts";

export class Reading {
  readonly live: LiveRows;
  /** The page that is shown; `null` while there is none. */
  readonly page = signal<Known | null>(null);
  readonly isReading = signal(true);
  /** Why there is no answer, in words. */
  readonly problem = signal<string | null>(null);
  readonly #queue: string;
  readonly #view: View;
  #last = 0;

  constructor(queue: string, view: View, draw: (draw: () => void) => void) {
    this.#queue = queue;
    this.#view = view;
    this.live = new LiveRows(view, draw);
    const page = knownPage(queue, view);
    if (page !== undefined) this.#show(page, true);
    else comingPage(queue, view)?.then((coming) => this.#showMeanwhile(coming));
  }

  /** Never rejects. An answer that was overtaken by a later call is left aside. */
  async read(): Promise<void> {
    this.#last += 1;
    const mine = this.#last;
    this.isReading.value = true;
    this.live.asked();
    try {
      const page = await readPage(this.#queue, this.#view);
      if (mine !== this.#last) return;
      this.#show(page, false);
      this.problem.value = null;
    } catch (error) {
      if (mine !== this.#last) return;
      this.problem.value = errorText(error);
    }
    this.isReading.value = false;
  }

  #showMeanwhile(page: Known | undefined): void {
    if (page !== undefined && this.page.peek() === null) this.#show(page, true);
  }

  #show(page: Known, isKnown: boolean): void {
    this.live.view = page.view;
    this.live.show(page, isKnown);
    this.page.value = page;
  }
}
