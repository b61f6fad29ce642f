import { linear, logarithmic } from "./scale.ts";
import { Figure, type Column } from "./figure.tsx";

/** One point of a line; `low` and `high` are the ends of its interval, where one is known. */
export interface Point {
  readonly x: number;
  readonly y: number;
  readonly low?: number;
  readonly high?: number;
}

export interface Line {
  /** Stands at the end of the line. */
  readonly label: string;
  readonly points: readonly Point[];
  /** A line to compare with rather than a measurement, such as chance: dashed, without points. */
  readonly reference?: boolean;
}

interface Props {
  /** The question that the chart answers. */
  readonly title: string;
  /** The answer in a sentence. */
  readonly children?: string;
  readonly lines: readonly Line[];
  readonly x: { readonly label: string; readonly format: (value: number) => string; readonly log?: boolean };
  readonly y: {
    readonly label: string;
    readonly format: (value: number) => string;
    /** The greatest value of the axis; absent: of the lines. */
    readonly most?: number;
  };
}

const WIDTH = 560;
const HEIGHT = 260;
const LEFT = 46;
const RIGHT = 96;
const TOP = 12;
const BOTTOM = 40;

/** Lines with the bands of their intervals; the vertical axis begins at zero. */
export const LineChart = ({ title, children, lines, x, y }: Props) => {
  const points = lines.flatMap((line) => line.points);
  const xs = points.map((point) => point.x);
  const most = y.most ?? Math.max(...points.map((point) => point.high ?? point.y), Number.MIN_VALUE);
  const across =
    x.log === true
      ? logarithmic(xs, LEFT, WIDTH - RIGHT)
      : linear(Math.min(0, ...xs), Math.max(...xs), LEFT, WIDTH - RIGHT);
  const up = linear(0, most, HEIGHT - BOTTOM, TOP);
  const place = (px: number, py: number): string =>
    `${across.at(px).toFixed(1)},${up.at(Math.min(py, most)).toFixed(1)}`;
  const labels = spreadLabels(
    lines.map((line) => up.at(Math.min(line.points.at(-1)?.y ?? 0, most))),
    HEIGHT - BOTTOM,
  );
  return (
    <Figure title={title} note={children ?? ""} columns={columnsOf(lines, x, y)} rows={rowsOf(lines)}>
      <svg class="chart" viewBox={`0 0 ${WIDTH} ${HEIGHT}`} role="img" aria-label={title}>
        {up.ticks.map((tick) => (
          <g key={tick}>
            <line class="rule" x1={LEFT} x2={WIDTH - RIGHT} y1={up.at(tick)} y2={up.at(tick)} />
            <text class="tick" x={LEFT - 6} y={up.at(tick) + 4} text-anchor="end">
              {y.format(tick)}
            </text>
          </g>
        ))}
        {across.ticks.map((tick) => (
          <text key={tick} class="tick" x={across.at(tick)} y={HEIGHT - BOTTOM + 16} text-anchor="middle">
            {x.format(tick)}
          </text>
        ))}
        <text class="axis" x={(LEFT + WIDTH - RIGHT) / 2} y={HEIGHT - 4} text-anchor="middle">
          {x.label}
        </text>
        {lines.map((line, i) => (
          <g key={line.label} class={line.reference === true ? "line reference" : `line l${i}`}>
            {line.points.some(({ low }) => low !== undefined) && (
              <polygon
                class="band"
                points={[
                  ...line.points.map((point) => place(point.x, point.high ?? point.y)),
                  ...line.points.toReversed().map((point) => place(point.x, point.low ?? point.y)),
                ].join(" ")}
              />
            )}
            <polyline points={line.points.map((point) => place(point.x, point.y)).join(" ")} />
            {line.reference !== true &&
              line.points.length <= 30 &&
              line.points.map((point) => (
                <circle key={point.x} cx={across.at(point.x)} cy={up.at(Math.min(point.y, most))} r="3">
                  <title>{`${x.format(point.x)}: ${y.format(point.y)}`}</title>
                </circle>
              ))}
            <text class="label" x={WIDTH - RIGHT + 6} y={(labels[i] ?? 0) + 4}>
              {line.label}
            </text>
          </g>
        ))}
      </svg>
    </Figure>
  );
};

const LABEL_HEIGHT = 14;

/** Moves labels that would cover one another apart, in order from above, and none below the axis. */
export const spreadLabels = (heights: readonly number[], lowest: number): readonly number[] => {
  const order = heights.map((_, i) => i).sort((a, b) => (heights[a] ?? 0) - (heights[b] ?? 0));
  const placed = [...heights];
  let above = -Infinity;
  for (const i of order) {
    placed[i] = Math.max(placed[i] ?? 0, above + LABEL_HEIGHT);
    above = placed[i] ?? 0;
  }
  let below = lowest + LABEL_HEIGHT;
  for (const i of order.toReversed()) {
    placed[i] = Math.min(placed[i] ?? 0, below - LABEL_HEIGHT);
    below = placed[i] ?? 0;
  }
  return placed;
};

const columnsOf = (lines: readonly Line[], x: Props["x"], y: Props["y"]): readonly Column[] => [
  { title: x.label, format: x.format },
  ...lines.flatMap(({ label, points }): Column[] => [
    { title: label, format: y.format },
    ...(points.some(({ low }) => low !== undefined)
      ? [
          { title: `${label}, from`, format: y.format },
          { title: "to", format: y.format },
        ]
      : []),
  ]),
];

/** One row for each x that a line has a point at. */
const rowsOf = (lines: readonly Line[]): readonly (readonly (number | null)[])[] => {
  const xs = [...new Set(lines.flatMap(({ points }) => points.map((point) => point.x)))].sort(
    (a, b) => a - b,
  );
  return xs.map((at) => [
    at,
    ...lines.flatMap(({ points }) => {
      const point = points.find((each) => each.x === at);
      const banded = points.some(({ low }) => low !== undefined);
      return [point?.y ?? null, ...(banded ? [point?.low ?? null, point?.high ?? null] : [])];
    }),
  ]);
};
