/**
 * A page that pushes, subscribes over the socket, and shows results as they come. Run `npm run dev` for the queue, and
 * `npx esbuild examples/browser/page.ts --bundle --format=esm --outdir=examples/browser --servedir=examples/browser
 * --serve=127.0.0.1:8000`; then open http://127.0.0.1:8000. Another server: `?url=…&token=…`.
 */

import { DurableBackend, socket } from "prinia";
import { Worker } from "prinia/worker";

interface Count {
  readonly below: number;
}

const asked = new URLSearchParams(location.search);
const url = asked.get("url") ?? "http://127.0.0.1:8787";
const primes = new DurableBackend<Count, number>("primes", socket({ url, token: asked.get("token") ?? undefined }));

/** Pushes, and follows what was pushed to its end. */
async function follow(tasks: readonly Count[]): Promise<void> {
  const pushed = await primes.pushBulk(tasks);
  const rows = new Map(pushed.map(({ id }, at) => [id, rowOf(id, tasks[at])]));
  const onProgress = (id: string, percent: unknown) => rows.get(id)?.progress(Number(percent));
  for await (const result of primes.waitFor(pushed, { onProgress })) {
    rows.get(result.id)?.end(result.status, result.status === "Done" ? result.value.toLocaleString() : result.error);
    tell(`${document.querySelectorAll('[data-status="Done"]').length} tasks are done.`);
  }
}

/** Does what is pushed, in this tab or in any other. */
const work = (): Worker =>
  new Worker("page", primes, async ({ below }: Count, { progress, signal }) => {
    let found = 0;
    for (let number = 2; number < below; number++) {
      if (isPrime(number)) found++;
      if (number % 100_000 > 0) continue;
      signal.throwIfAborted();
      progress((100 * number) / below);
      // The page must not freeze meanwhile.
      await new Promise((resolve) => setTimeout(resolve));
    }
    return found;
  });

function isPrime(number: number): boolean {
  for (let divisor = 2; divisor * divisor <= number; divisor++) if (number % divisor === 0) return false;
  return true;
}

// What is seen.

const element = <T extends Element>(selector: string, within: ParentNode = document): T => {
  const found = within.querySelector<T>(selector);
  if (!found) throw new Error(`there is no ${selector}`);
  return found;
};

const tell = (text: string): void => {
  element("#state").textContent = text;
};

function rowOf(id: string, count: Count | undefined) {
  const row = element<HTMLTableRowElement>(
    "tr",
    element<HTMLTemplateElement>("#row").content.cloneNode(true) as DocumentFragment,
  );
  const bar = element<HTMLProgressElement>("progress", row);
  const output = element<HTMLOutputElement>("output", row);
  element("code", row).textContent = id.slice(-8);
  element(".number", row).textContent = count?.below.toLocaleString() ?? "";
  element("#tasks").prepend(row);
  return {
    progress: (percent: number) => {
      bar.value = percent;
      output.textContent = `${Math.round(percent)} %`;
    },
    end: (status: string, text: string) => {
      row.dataset.status = status;
      bar.value = bar.max;
      output.textContent = text;
    },
  };
}

element<HTMLFormElement>("#push").addEventListener("submit", (event) => {
  event.preventDefault();
  const form = new FormData(event.currentTarget as HTMLFormElement);
  const below = Number(form.get("below"));
  const tasks = Array.from({ length: Number(form.get("tasks")) }, () => ({ below }));
  tell("Pushed; results come as they are ready.");
  follow(tasks).catch((error: unknown) => tell(String(error)));
});

let worker: Worker | undefined;
element<HTMLInputElement>("#work").addEventListener("change", ({ currentTarget }) => {
  worker?.stop();
  worker = (currentTarget as HTMLInputElement).checked ? work() : undefined;
  worker?.closed.catch((error: unknown) => tell(String(error)));
});
