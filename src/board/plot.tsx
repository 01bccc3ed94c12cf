/** One chart, drawn by uPlot in the theme's colours and as wide as its place. */

import "./styles/plot.css";
import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";
import uPlot from "uplot";
import { formatCompact, formatCount, formatMs, formatTick, formatTime } from "./format.ts";
import type { Chart, Point } from "./history.ts";
import { isDark } from "./theme.tsx";

const HEIGHT = 190;

const COUNTS = [1, 2, 5]
  .flatMap((one) => Array.from({ length: 12 }, (_, power) => one * 10 ** power))
  .sort((a, b) => a - b);
/** Steps of an axis at which spans are whole: 20 s or 5 min rather than 50 s or 1.7 min. */
const SPANS_MS = [
  ...COUNTS.slice(0, 10),
  ...[1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1_200, 1_800].map((seconds) => seconds * 1_000),
  ...[1, 2, 6, 12, 24, 48, 168, 720, 8_760].map((hours) => hours * 3_600_000),
];

interface PlotProps {
  readonly chart: Chart;
  readonly points: readonly Point[];
}

export function Plot({ chart, points }: PlotProps): ComponentChildren {
  const place = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot>(undefined);
  const dark = isDark.value;
  const data = dataOf(chart, points);
  const latest = useRef(data);
  latest.current = data;
  useEffect(() => {
    const element = place.current;
    if (element === null) return;
    const drawn = new uPlot(optionsOf(chart, element), latest.current, element);
    plot.current = drawn;
    const sizes = new ResizeObserver(() => drawn.setSize({ width: element.clientWidth, height: HEIGHT }));
    sizes.observe(element);
    return () => {
      sizes.disconnect();
      drawn.destroy();
    };
  }, [chart, dark]);
  useEffect(() => {
    plot.current?.setData(data);
  });
  // The numbers are in a table beside it; to whoever cannot see it, the drawing says nothing more.
  return <div class="plot" ref={place} aria-hidden="true" />;
}

const dataOf = (chart: Chart, points: readonly Point[]): uPlot.AlignedData => [
  points.map(({ at }) => at / 1_000),
  ...chart.lines.map(({ of }) => points.map(of)),
];

function optionsOf({ lines, unit }: Chart, element: HTMLElement): uPlot.Options {
  const colour = colours(element);
  const [text, grid] = [colour("--muted"), colour("--line")];
  const value = unit === "ms" ? formatMs : formatCount;
  const axis = { stroke: text, grid: { stroke: grid, width: 1 }, ticks: { stroke: grid, width: 1 } };
  const short = unit === "ms" ? formatMs : formatCompact;
  return {
    width: element.clientWidth,
    height: HEIGHT,
    // From zero, and never flat: a line that nothing happened on lies at the bottom.
    scales: { y: { range: (_, _least, most) => [0, Math.max(most * 1.05, unit === "ms" ? 10 : 4)] } },
    axes: [
      { ...axis, values: (_, ticks, _axis, _space, step) => ticks.map((tick) => formatTick(tick, step)) },
      {
        ...axis,
        size: 64,
        incrs: unit === "ms" ? SPANS_MS : COUNTS,
        values: (_, ticks) => ticks.map((tick) => short(tick)),
      },
    ],
    series: [
      { label: "Time", value: (_, at) => (at === null ? "–" : formatTime(at * 1_000)) },
      ...lines.map((line) => ({
        label: line.name,
        stroke: colour(line.colour),
        ...(line.isBroad ? { width: 5, alpha: 0.4 } : { width: 1.75 }),
        spanGaps: false,
        points: { size: 5, filter: (drawn: uPlot, series: number) => alone(drawn.data[series] ?? []) },
        value: (_: uPlot, number: number | null) => (number === null ? "–" : value(number)),
      })),
    ],
    cursor: { y: false, points: { size: 7 }, sync: { key: "history" } },
  };
}

/** No line leads to these, so that they are marked. */
const alone = (values: uPlot.AlignedData[number]): number[] =>
  Array.from(values, (value, place) =>
    value != null && values[place - 1] == null && values[place + 1] == null ? place : -1,
  ).filter((place) => place !== -1);

/** A canvas knows no custom properties: the browser says what they come to, in this place and theme. */
function colours(element: HTMLElement): (name: string) => string {
  const before = element.style.color;
  return (name) => {
    element.style.color = `var(${name})`;
    const { color } = getComputedStyle(element);
    element.style.color = before;
    return color;
  };
}
