import { evenScale, linearScale, logScale, type AxisScale, type ScaleKind } from "./scale.ts";
import { FAINT, format, GRID, INK, round, svg, textElement, uprightText } from "./svg.ts";

export interface ChartPoint {
  readonly x: number;
  readonly y: number;
  /** The interval around `y`. */
  readonly low: number;
  readonly high: number;
}

export interface LineChart {
  readonly title: string;
  /** Subtitle. */
  readonly subtitle: string;
  readonly xLabel: string;
  readonly yLabel: string;
  readonly xScale: ScaleKind;
  /** Points sorted by x. */
  readonly series: readonly { readonly name: string; readonly points: readonly ChartPoint[] }[];
  /** Dashed horizontal lines, such as chance. */
  readonly references: readonly { readonly name: string; readonly y: number }[];
}

const WIDTH = 760;
const HEIGHT = 500;
const PLOT = { left: 64, right: 736, top: 124, bottom: 440 } as const;
/** Okabe and Ito's palette for all kinds of colour vision, without the colours that are hard to see on white. */
const COLOURS = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9"] as const;
/** Approximate width of a letter in the legend. */
const LETTER = 7;

/**
 * A line chart with shaded intervals as one SVG file that needs nothing else.
 *
 * @throws RangeError if there is no point, a number is not finite, or x is not positive on a logarithmic axis.
 */
export const lineChartSvg = (chart: LineChart): string => {
  const points = chart.series.flatMap((series) => series.points);
  if (points.length === 0) throw new RangeError("a chart needs a point");
  if (points.some(({ x, y, low, high }) => ![x, y, low, high].every(Number.isFinite))) {
    throw new RangeError("a chart's numbers must be finite");
  }
  const xs = points.map(({ x }) => x);
  const ys = [...points.flatMap(({ y, low, high }) => [y, low, high]), ...chart.references.map(({ y }) => y)];
  const x = SCALES[chart.xScale](xs, PLOT.left, PLOT.right);
  const y = linearScale(ys, PLOT.bottom, PLOT.top);

  return svg(WIDTH, HEIGHT, chart.title, [
    textElement(PLOT.left, 30, chart.title, `font-size="17" font-weight="600"`),
    textElement(PLOT.left, 52, chart.subtitle, `fill="${FAINT}"`),
    ...legend(chart),
    ...axes(chart, x, y),
    ...chart.references.map(({ y: level }) => dashed(PLOT.left, y.position(level), PLOT.right)),
    ...chart.series.map((series, i) => line(series.points, x, y, colourOf(i))),
  ]);
};

const SCALES = { linear: linearScale, log: logScale, even: evenScale } as const;

const colourOf = (index: number): string => COLOURS[index % COLOURS.length] ?? INK;

const axes = (chart: LineChart, x: AxisScale, y: AxisScale): string[] => [
  ...y.ticks.flatMap((tick) => [
    segment(PLOT.left, y.position(tick), PLOT.right, y.position(tick), GRID),
    textElement(PLOT.left - 8, y.position(tick) + 4, format(tick), `text-anchor="end" fill="${FAINT}"`),
  ]),
  ...x.ticks.flatMap((tick) => [
    segment(x.position(tick), PLOT.bottom, x.position(tick), PLOT.bottom + 5, FAINT),
    textElement(x.position(tick), PLOT.bottom + 20, format(tick), `text-anchor="middle" fill="${FAINT}"`),
  ]),
  segment(PLOT.left, PLOT.bottom, PLOT.right, PLOT.bottom, FAINT),
  textElement((PLOT.left + PLOT.right) / 2, PLOT.bottom + 46, chart.xLabel, `text-anchor="middle"`),
  uprightText(18, (PLOT.top + PLOT.bottom) / 2, chart.yLabel),
];

/** Wraps text at spaces. */
const legend = ({ series, references }: LineChart): string[] => {
  let left: number = PLOT.left;
  let height = 76;
  const entry = (name: string, mark: (left: number, height: number) => string): string => {
    const width = 30 + LETTER * name.length + 22;
    if (left > PLOT.left && left + width > WIDTH) [left, height] = [PLOT.left, height + 22];
    const drawn = mark(left, height) + textElement(left + 30, height + 4, name, "");
    left += width;
    return drawn;
  };
  return [
    ...series.map(({ name }, i) =>
      entry(name, (x, y) => segment(x, y, x + 22, y, colourOf(i), 2.5) + dot(x + 11, y, colourOf(i))),
    ),
    ...references.map(({ name }) => entry(name, (x, y) => dashed(x, y, x + 22))),
  ];
};

const line = (points: readonly ChartPoint[], x: AxisScale, y: AxisScale, colour: string): string => {
  const place = (point: ChartPoint, value: number): string =>
    `${round(x.position(point.x))},${round(y.position(value))}`;
  const upper = points.map((point) => place(point, point.high));
  const lower = points.map((point) => place(point, point.low)).reverse();
  const middle = points.map((point) => place(point, point.y));
  return [
    `<polygon points="${[...upper, ...lower].join(" ")}" fill="${colour}" fill-opacity="0.16"/>`,
    `<polyline points="${middle.join(" ")}" fill="none" stroke="${colour}" stroke-width="2.5" stroke-linejoin="round"/>`,
    ...points.map((point) => dot(x.position(point.x), y.position(point.y), colour)),
  ].join("\n");
};

const segment = (x1: number, y1: number, x2: number, y2: number, colour: string, width = 1): string =>
  `<line x1="${round(x1)}" y1="${round(y1)}" x2="${round(x2)}" y2="${round(y2)}" stroke="${colour}" stroke-width="${width}"/>`;

const dashed = (x1: number, y: number, x2: number): string =>
  `<line x1="${round(x1)}" y1="${round(y)}" x2="${round(x2)}" y2="${round(y)}" stroke="${FAINT}" stroke-width="1.5" stroke-dasharray="5 4"/>`;

const dot = (x: number, y: number, colour: string): string =>
  `<circle cx="${round(x)}" cy="${round(y)}" r="3.5" fill="${colour}"/>`;
