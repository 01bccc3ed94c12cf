/** Frames and views made alike: what differs from one run to the next, ids, leases, instants, is numbered as it appears. */

/** Of one run: the same text is always the same number. */
export class Normal {
  readonly #names = new Map<string, string>();
  readonly #start: number;

  /** @param start instants are counted from here, ms */
  constructor(start: number) {
    this.#start = start;
  }

  of(value: unknown, key = ""): unknown {
    if (Array.isArray(value)) return value.map((one) => this.of(one, key));
    if (typeof value === "number") return value > 1e12 ? `+${value - this.#start}` : value;
    if (typeof value === "string") return NAMES.has(key) ? this.#name(value) : value;
    if (typeof value !== "object" || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, this.of(one, name)]));
  }

  #name(token: string): string {
    const name = this.#names.get(token) ?? `#${this.#names.size + 1}`;
    this.#names.set(token, name);
    return name;
  }
}

/** What is named anew each time. */
const NAMES: ReadonlySet<string> = new Set(["id", "lease", "session", "queue"]);
