import type { Method } from "../../src/api/methods.ts";
import { QUERY_VENDOR, SAMPLE_VENDORS, VENDORS } from "../../src/features/sample/index.ts";
import type { Style } from "./emoji-protocol.ts";
import type { Configuration } from "./emoji-runs.ts";
import { LAYERS } from "./layers.ts";

export const STYLES: readonly Style[] = ["unseen", "seen"];
/** The smallest number of anchors on the curve. */
const FEWEST = 100;

/** ASIF as published (arXiv 2210.01738, section 3), over one vendor's drawings. */
const PUBLISHED = {
  vendors: ["noto"],
  style: "unseen",
  captions: "label",
  prompts: "label",
  transform: "none",
  k: 800,
  p: 8,
} as const;

export const BEST = {
  vendors: VENDORS.map(({ id }) => id).filter((id) => id !== QUERY_VENDOR),
  captions: "tags",
  prompts: "tags",
  layers: LAYERS,
  // As new collections have it, the sample among them.
  transform: "auto",
  k: "auto",
  p: "auto",
} as const;

/** The method of new collections with encoders of the registry. */
const DEFAULT: Method = "asif+local";

/** In the order in which they are added to what is published. */
const STEPS: readonly (Partial<Configuration> & { readonly name: string })[] = [
  { name: "+ the sample's five vendors", vendors: SAMPLE_VENDORS },
  { name: "+ two more vendors", vendors: BEST.vendors },
  { name: "+ tags in the captions", captions: "tags" },
  { name: "+ tags in the prompts", prompts: "tags" },
  { name: "+ transform center", transform: "center" },
  { name: "+ transform whiten", transform: "whiten" },
  { name: "+ transform, k and p auto", transform: "auto", k: "auto", p: "auto" },
];

/**
 * From plain ASIF to the default, each step on top of those before it (in unseen style); then in seen style, and with
 * the sample's vendors only.
 *
 * @param layered whether the image encoder is the default one, whose layers can be told apart
 */
export const ladder = (layered: boolean): Configuration[] => {
  const rows: Configuration[] = [
    layered
      ? { ...PUBLISHED, name: "ASIF as published, one vendor (noto), mixed7", layers: ["mixed7"] }
      : { ...PUBLISHED, name: "ASIF as published, one vendor (noto)", layers: LAYERS },
  ];
  const layers = layered ? [{ name: "+ layers mixed5 and mixed6", layers: LAYERS }] : [];
  const steps = [...STEPS, ...layers, { name: "+ local regression: the default", method: DEFAULT }];
  for (const step of steps) rows.push({ ...BEST, style: "unseen", ...rows.at(-1), ...step });
  return [
    ...rows,
    { ...BEST, name: `seen style: and the other emoji of ${QUERY_VENDOR}`, style: "seen", method: DEFAULT },
    {
      ...BEST,
      name: "the sample as it is served, unseen style",
      vendors: SAMPLE_VENDORS,
      style: "unseen",
      method: DEFAULT,
    },
  ];
};

/** The default over ever more anchors, up to all of them. */
export const growth = (pairs: number): Configuration[] => {
  const counts: number[] = [];
  for (let count = FEWEST; count < pairs / 2; count *= 2) counts.push(count);
  return STYLES.flatMap((style): Configuration[] => [
    ...counts.map((count) => ({ ...BEST, style, count, name: `${style} style` })),
    { ...BEST, style, name: `${style} style` },
  ]);
};

/** The default by each of the methods, over the same anchors; those of one style follow each other. */
export const byMethod = (methods: readonly Method[]): Configuration[] =>
  STYLES.flatMap((style) =>
    methods.map((method): Configuration => ({ ...BEST, style, method, name: `${style} style, ${method}` })),
  );

/** What k and p were chosen from. */
export const grid = (): Configuration[] =>
  STYLES.flatMap((style) =>
    [200, 400, 800, 1_600].flatMap((k) =>
      [1, 2, 4, 6, 8].map((p): Configuration => ({
        ...BEST,
        style,
        k,
        p,
        name: `${style} style, k = ${k}, p = ${p}`,
      })),
    ),
  );
