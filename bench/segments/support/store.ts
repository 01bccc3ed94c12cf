/** The bench of the store's suite, which looks at tasks in segments as if they were rows. */

import { expect } from "vitest";
import { IN_LINE } from "../../../src/store/place.ts";
import { noCounts } from "../../../src/task/status.ts";
import * as present from "../../../test/support/store.ts";
import { fullRowAt, statusOf } from "../store/rows.ts";
import { statusIn } from "../store/segment.ts";
import { type Place, placesOf, segmentsFrom } from "../store/shelf.ts";
import { loadTally } from "../store/tally.ts";

export { START, type StoreCases, value } from "../../../test/support/store.ts";

/** As the columns of the table would have it. */
function rawAt(home: Place): present.RawRow {
  const { worker: _, home: __, ...row } = fullRowAt(home);
  return { ...row, place: row.status === 0 ? IN_LINE : null };
}

export class StoreBench extends present.StoreBench {
  /** Every task as the columns of the table, wherever it lives. */
  #rows(): present.RawRow[] {
    const rows = this.sql.all<present.RawRow>("SELECT * FROM task");
    for (const segment of segmentsFrom(this.tx(), 1, "all")) {
      for (const [index, slot] of segment.slots.entries()) {
        if (slot !== "left") rows.push(rawAt({ segment, index }));
      }
    }
    return rows.sort((a, b) => Number(a.seq) - Number(b.seq));
  }

  override check(): void {
    const rows = this.sql.all<{ seq: number; status: number }>("SELECT seq, status FROM task");
    const counts = noCounts();
    for (const { status } of rows) counts[statusOf(status)]++;
    for (const segment of segmentsFrom(this.tx(), 1, "rules")) {
      for (const slot of segment.slots) if (slot !== "left") counts[statusIn(slot)]++;
    }
    const tally = loadTally(this.sql);
    expect(tally.counts).toEqual(counts);
    // Whoever lives in a row has left its segment.
    const places = placesOf(
      this.tx(),
      rows.map(({ seq }) => seq),
      "rules",
    );
    expect([...places.keys()]).toEqual([]);
    this.#checkMarks(tally);
  }

  /** The marks that stand in the place of indexes say what is so. */
  #checkMarks({ head, low }: ReturnType<typeof loadTally>): void {
    let waiting: number | null = null;
    let leased: number | null = null;
    for (const segment of segmentsFrom(this.tx(), 1, "rules")) {
      const index = segment.slots.indexOf(null);
      if (index >= 0) waiting ??= segment.first + index;
      if (segment.leased > 0) leased ??= segment.first;
      const [state] = this.sql.all<{ leased: number }>(
        "SELECT leased FROM segment_state WHERE first = ?1",
        segment.first,
      );
      expect(Number(state?.leased ?? 0)).toBe(segment.leased);
    }
    expect(head).toBe(waiting);
    expect(low).toBe(leased);
  }

  override raw(id: string): present.RawRow {
    const place = placesOf(this.tx(), [this.seqOf(id)], "all").get(this.seqOf(id));
    return place ? rawAt(place) : super.raw(id);
  }

  override idAt(seq: number): string {
    const place = placesOf(this.tx(), [seq], "rules").get(seq);
    return place ? place.segment.id(this.partition, place.index) : super.idAt(seq);
  }

  override dump(): Readonly<Record<string, readonly present.RawRow[]>> {
    return { ...super.dump(), task: this.#rows() };
  }
}
