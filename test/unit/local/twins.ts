/** Two stores that are told the same, and must say the same: one in memory, one on SQLite. Names are compared by when they first appeared. */

import { expect } from "vitest";
import { MemoryStore } from "../../../src/local/memory/store.ts";
import { type LocalStore, type Occasion, occasionAt } from "../../../src/local/store.ts";
import { openStore } from "../../../src/sqlite/open-store.ts";
import { cryptoChance } from "../../../src/task/chance.ts";
import { START } from "./bench.ts";

/** Ids, leases and sessions are random: each store has its own for the same thing. */
class Names {
  readonly #labels = new Map<string, string>();
  readonly byLabel = new Map<string, string>();

  label(kind: string, name: string): string {
    const known = this.#labels.get(name);
    if (known) return known;
    const label = `${kind}${this.byLabel.size}`;
    this.#labels.set(name, label);
    this.byLabel.set(label, name);
    return label;
  }
}

const ID = /\b[0-7][0-9A-HJKMNP-TV-Z]{25}\b/g;

/** The value with labels in place of names, in the order in which they stand in it. */
function labelled(names: Names, value: unknown, key = ""): unknown {
  if (typeof value === "string") {
    if (key === "lease" || key === "session") return names.label(key, value);
    return value.replaceAll(ID, (id) => names.label("id", id));
  }
  if (Array.isArray(value)) return value.map((one) => labelled(names, one, key));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([field, one]) => [field, labelled(names, one, field)]));
}

interface Side {
  readonly store: LocalStore;
  readonly names: Names;
}

/** An operation on one store; `name` gives its own name for a label. */
export type Call = (store: LocalStore, on: Occasion, name: (label: string) => string) => unknown;

export class Twins {
  readonly #memory: Side = { store: new MemoryStore("q", cryptoChance), names: new Names() };
  readonly #sqlite: Side;
  readonly #close: () => void;
  now = START;

  constructor() {
    // Nothing is read from elsewhere: one transaction for all is enough.
    const soon = () => undefined;
    const store = openStore("q", { path: ":memory:", synchronous: "normal", soon, now: this.now });
    this.#sqlite = { store, names: new Names() };
    this.#close = () => this.#sqlite.store.close();
  }

  /** Labels of a kind, oldest first. */
  known(kind: "id" | "lease" | "session"): string[] {
    return [...this.#memory.names.byLabel.keys()].filter((label) => label.startsWith(kind));
  }

  /** Has both do the same, and holds the answers, and what others are to be told, against each other. */
  both(what: string, call: Call): unknown {
    const [memory, sqlite] = [this.#memory, this.#sqlite].map((side) => this.#told(side, call));
    expect(memory, what).toEqual(sqlite);
    return memory;
  }

  #told({ store, names }: Side, call: Call): unknown {
    const on = occasionAt(this.now);
    const answer = call(store, on, (label) => names.byLabel.get(label) ?? label);
    // The names that an answer brings come in one order, those of the rest in none.
    const shown = labelled(names, answer);
    const sorted = (value: unknown) => (labelled(names, value) as unknown[]).map((one) => JSON.stringify(one)).sort();
    return {
      answer: shown,
      finished: sorted([...on.finished]),
      gone: sorted([...on.gone]),
      progress: sorted([...on.progress]),
      lost: sorted(on.lost),
      superseded: sorted([...on.superseded].map((session) => ({ session }))),
    };
  }

  /** When each would look next. */
  deadlines(): readonly [number | null, number | null] {
    const on = occasionAt(this.now);
    return [this.#memory.store.nextDeadline(on), this.#sqlite.store.nextDeadline(on)];
  }

  close(): void {
    this.#close();
  }
}
