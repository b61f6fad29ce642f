import { NO_CODE, type ProjectionValues } from "../../../src/features/client.ts";
import { counted } from "../format.ts";

/** Values that have a colour of their own; the others share the last one. */
export const OWN_COLOURS = 8;
/** The colour of rare values, and of anchors without a value. */
export const OTHER = OWN_COLOURS;
export const NONE = OWN_COLOURS + 1;
/** Where the colours of numbers begin, from the least to the greatest. */
export const RAMP = 16;
export const RAMP_STEPS = 64;

/** One line of the legend. */
export interface LegendEntry {
  /** As the address names it where it is hidden. */
  readonly id: string;
  readonly label: string;
  /** A place in the palette. */
  readonly colour: number;
  readonly anchors: number;
}

/** What every point is coloured by. */
export interface Colouring {
  /** A place in the palette for each point. */
  readonly codes: Uint8Array<ArrayBuffer>;
  readonly legend: readonly LegendEntry[];
  /** The numbers at both ends of the ramp; null where colours stand for values. */
  readonly range: readonly [least: number, greatest: number] | null;
}

/** All points in one colour. */
export const plainColouring = (points: number): Colouring => ({
  codes: new Uint8Array(points),
  legend: [],
  range: null,
});

/** Colours for the values of a metadata key: numbers on a ramp where there are many, else one each for the first eight. */
export const colourByValues = ({ codes, values, counts, numbers }: ProjectionValues): Colouring => {
  if (numbers !== null && (codes === null || values.length > OWN_COLOURS)) return colourByNumbers(numbers);
  const found = codes ?? new Uint32Array(0);
  const own = Math.min(OWN_COLOURS, values.length);
  const places = Uint8Array.from(found, (code) => (code === NO_CODE ? NONE : code < own ? code : OTHER));
  const totals = new Uint32Array(NONE + 1);
  for (const place of places) totals[place] = (totals[place] ?? 0) + 1;
  const rest = (colour: number, id: string, label: string): LegendEntry[] => {
    const anchors = totals[colour] ?? 0;
    return anchors === 0 ? [] : [{ id, label, colour, anchors }];
  };
  const others = values.length > own ? counted(values.length - own, "other value") : "other values";
  return {
    codes: places,
    legend: [
      ...values.slice(0, own).map((value, colour) => ({
        ...{ id: JSON.stringify(value), label: value === null ? "null" : String(value), colour },
        anchors: counts?.[colour] ?? 0,
      })),
      ...rest(OTHER, "other", others),
      ...rest(NONE, "none", "without it"),
    ],
    range: null,
  };
};

/** The share of the numbers at each end that gets the colour of the end, so that a few outliers do not take the ramp. */
const CLIPPED = 0.01;

/** Colours on a ramp; NaN stands for no number. */
export const colourByNumbers = (numbers: Float32Array): Colouring => {
  const sorted = numbers.filter((value) => !Number.isNaN(value)).sort();
  const at = (share: number): number => sorted[Math.round(share * (sorted.length - 1))] ?? 0;
  const [least, greatest] = [at(CLIPPED), at(1 - CLIPPED)];
  const codes = Uint8Array.from(numbers, (value) => {
    if (Number.isNaN(value)) return NONE;
    const share = greatest > least ? (value - least) / (greatest - least) : 0.5;
    return RAMP + Math.round(Math.min(1, Math.max(0, share)) * (RAMP_STEPS - 1));
  });
  const unknown = numbers.length - sorted.length;
  return {
    codes,
    legend: unknown === 0 ? [] : [{ id: "none", label: "not known", colour: NONE, anchors: unknown }],
    range: sorted.length === 0 ? null : [least, greatest],
  };
};

/** The places in the palette that are hidden. */
export const hiddenColours = (
  legend: readonly LegendEntry[],
  hidden: readonly string[],
): ReadonlySet<number> => new Set(legend.flatMap(({ id, colour }) => (hidden.includes(id) ? [colour] : [])));

type Colour = readonly [red: number, green: number, blue: number];

/** Told apart by colour-blind eyes in pairs that are next to each other (Okabe and Ito, adapted to both themes). */
const LIGHT: readonly Colour[] = [
  [10, 108, 116],
  [194, 89, 27],
  [91, 94, 166],
  [138, 141, 47],
  [176, 74, 122],
  [77, 138, 79],
  [60, 130, 190],
  [150, 105, 60],
  [150, 152, 158],
  [196, 198, 202],
];
const DARK: readonly Colour[] = [
  [92, 196, 201],
  [240, 145, 90],
  [155, 158, 235],
  [205, 208, 100],
  [235, 135, 185],
  [130, 205, 132],
  [110, 180, 240],
  [210, 165, 115],
  [125, 128, 135],
  [75, 78, 84],
];
/** Ends and middle of the ramp: dark blue-green to orange; lightness changes as well, for eyes that see no hue. */
const ENDS = {
  light: [
    [194, 89, 27],
    [225, 190, 90],
    [8, 84, 92],
  ],
  dark: [
    [255, 160, 100],
    [175, 150, 95],
    [30, 120, 128],
  ],
} as const;

/** 256 colours, RGBA, for one theme. */
export const paletteOf = (theme: "light" | "dark"): Uint8Array<ArrayBuffer> => {
  const palette = new Uint8Array(256 * 4);
  const put = (place: number, colour: readonly number[]): void => palette.set([...colour, 255], 4 * place);
  (theme === "dark" ? DARK : LIGHT).forEach((colour, place) => put(place, colour));
  const [low, middle, high] = ENDS[theme];
  for (let step = 0; step < RAMP_STEPS; step++) {
    const share = (2 * step) / (RAMP_STEPS - 1);
    const [from, to, part] = share < 1 ? [low, middle, share] : [middle, high, share - 1];
    put(
      RAMP + step,
      from.map((value, i) => value + part * ((to[i] ?? 0) - value)),
    );
  }
  return palette;
};

/** A colour of a palette as CSS writes it. */
export const cssColour = (palette: Uint8Array, place: number): string =>
  `rgb(${[...palette.subarray(4 * place, 4 * place + 3)].join(" ")})`;
