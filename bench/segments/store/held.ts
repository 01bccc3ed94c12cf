/** Rows under lease are not remembered: a segment's tasks are read with it, and a row of one would outlive its segment. */

import type { RuleRow } from "../../../src/store/rows.ts";

export { ruleRowOf } from "../../../src/store/held.ts";

export class HeldRows {
  get(_seq: number): RuleRow | undefined {
    return undefined;
  }

  forget(_seq: number): void {}

  stage(_row: RuleRow): void {}

  settle(): void {}

  clear(): void {}
}
