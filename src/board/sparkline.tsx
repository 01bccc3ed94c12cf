/** Seven days as seven bars, with the numbers for whoever does not see them. */

import type { ComponentChildren } from "preact";
import { formatCompact, formatCount } from "./format.ts";

const BAR = 8;
const GAP = 3;
const HEIGHT = 22;

/** @param days tasks pushed on each, oldest first */
export function Sparkline({ days }: { readonly days: readonly number[] }): ComponentChildren {
  const most = Math.max(1, ...days);
  const sum = days.reduce((all, day) => all + day, 0);
  const label = `${formatCount(sum)} pushed in ${days.length} days, oldest first: ${days.map(formatCount).join(", ")}`;
  return (
    <span class="spark">
      <svg width={days.length * (BAR + GAP) - GAP} height={HEIGHT} role="img" aria-label={label}>
        <title>{label}</title>
        {days.map((day, place) => {
          // What is not nothing is seen.
          const height = day === 0 ? 1 : Math.max(3, Math.round((day / most) * HEIGHT));
          return (
            <rect
              key={place}
              x={place * (BAR + GAP)}
              y={HEIGHT - height}
              width={BAR}
              height={height}
              rx={Math.min(1.5, height / 2)}
              class={day === 0 ? "none" : ""}
            />
          );
        })}
      </svg>
      <span aria-hidden="true">{formatCompact(sum)}</span>
    </span>
  );
}
