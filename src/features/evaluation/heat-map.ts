import { FAINT, format, INK, round, svg, textElement, uprightText } from "./svg.ts";

export interface HeatMap {
  readonly title: string;
  /** Subtitle. */
  readonly subtitle: string;
  readonly xLabel: string;
  readonly yLabel: string;
  readonly columns: readonly number[];
  /** From the bottom up. */
  readonly rows: readonly number[];
  /** For each row, one value per column. */
  readonly values: readonly (readonly number[])[];
}

const CELL = { width: 72, height: 40 } as const;
const LEFT = 84;
const TOP = 76;
const RIGHT = 24;
const BOTTOM = 64;
/** A sequential colour scale of one hue, so that lightness carries the value for any colour vision. */
const PALE = [241, 247, 252] as const;
const DEEP = [8, 81, 156] as const;
/** Above this value, labels are light. */
const DARK = 0.55;

/**
 * Draws one value per cell, as colour and number, and frames the greatest; a self-contained SVG file.
 *
 * @throws RangeError if there is no cell or a value is not finite.
 */
export const heatMapSvg = (map: HeatMap): string => {
  const { title, subtitle, xLabel, yLabel, columns, rows, values } = map;
  const all = values.flat();
  if (all.length === 0 || all.length !== columns.length * rows.length || !all.every(Number.isFinite))
    throw new RangeError("a heat map needs a finite number in each of its cells");
  const [least, greatest] = [Math.min(...all), Math.max(...all)];
  const [width, height] = [columns.length * CELL.width, rows.length * CELL.height];
  const left = (column: number): number => LEFT + column * CELL.width;
  const top = (row: number): number => TOP + (rows.length - 1 - row) * CELL.height;
  const cell = (row: number, column: number, value: number): string => {
    const depth = greatest === least ? 0 : (value - least) / (greatest - least);
    return [
      `<rect x="${left(column)}" y="${top(row)}" width="${CELL.width}" height="${CELL.height}" fill="${colourAt(depth)}"/>`,
      textElement(
        left(column) + CELL.width / 2,
        top(row) + CELL.height / 2 + 5,
        value.toFixed(1),
        `text-anchor="middle" fill="${depth > DARK ? "#ffffff" : INK}"`,
      ),
    ].join("");
  };
  const best = all.indexOf(greatest);
  const [bestRow, bestColumn] = [Math.floor(best / columns.length), best % columns.length];
  return svg(Math.max(LEFT + width + RIGHT, 560), TOP + height + BOTTOM, title, [
    textElement(24, 30, title, `font-size="17" font-weight="600"`),
    textElement(24, 52, subtitle, `fill="${FAINT}"`),
    ...values.flatMap((ofRow, row) => ofRow.map((value, column) => cell(row, column, value))),
    `<rect x="${left(bestColumn) + 1.5}" y="${top(bestRow) + 1.5}" width="${CELL.width - 3}" height="${CELL.height - 3}" fill="none" stroke="#d55e00" stroke-width="3"/>`,
    ...columns.map((column, i) =>
      textElement(
        left(i) + CELL.width / 2,
        TOP + height + 20,
        format(column),
        `text-anchor="middle" fill="${FAINT}"`,
      ),
    ),
    ...rows.map((row, i) =>
      textElement(LEFT - 8, top(i) + CELL.height / 2 + 5, format(row), `text-anchor="end" fill="${FAINT}"`),
    ),
    textElement(LEFT + width / 2, TOP + height + 46, xLabel, `text-anchor="middle"`),
    uprightText(28, TOP + height / 2, yLabel),
  ]);
};

const colourAt = (depth: number): string =>
  `rgb(${PALE.map((pale, i) => round(Math.round(pale + depth * ((DEEP[i] ?? 0) - pale)))).join(",")})`;
