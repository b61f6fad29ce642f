import { transformText } from "../../src/api/transforms.ts";
import { fixed } from "../../src/math/fixed.ts";
import type { EncoderRegistry } from "../../src/encoders/index.ts";
import type { Progress } from "../../src/progress.ts";
import { createRandom } from "../../src/math/random.ts";
import { openAnchorSpace, readProfile } from "../../src/retrieval/index.ts";
import { QUERY_VENDOR } from "../../src/features/sample/index.ts";
import { dealFolds, parametersFor, type Fold } from "../../src/asif/index.ts";
import { tune, TUNING_DEFAULTS, type Choice, type TuneContext } from "../../src/features/tuning/index.ts";
import type { Log, Sequence } from "../../src/types.ts";
import { BEST, STYLES } from "./emoji-configurations.ts";
import { chooseAnchors, eligibleClasses, splitClasses, type Halves, type Style } from "./emoji-protocol.ts";
import { wordsOf } from "./emoji-runs.ts";
import { embedEmoji, type EmbeddedEmoji, type EmbeddedPair } from "./emoji-vectors.ts";

const CLASSES = 300;
const HALVES = ["tuning", "reporting"] as const;

/** What was chosen on the anchors alone, and what the same search finds where it is shown the answers. */
export interface TuningLine {
  readonly style: Style;
  /** The half of the classes that no anchor shows, and whose drawings are asked about. */
  readonly asked: keyof Halves;
  readonly anchors: number;
  readonly questions: number;
  readonly chosen: string;
  /** Top-1 in percent of what was chosen: on the anchors, and on the test. */
  readonly "on anchors": string;
  readonly "on test": string;
  /** Of all settings that were tried the one that is best on the test, which nobody could have chosen. */
  readonly "best on test": string;
  readonly "its top-1": string;
  /** In points. */
  readonly loss: string;
}

/**
 * How much is lost where a collection is tuned by cross-validation on its own anchors, against the settings that are
 * best on the test: the query vendor's drawings of emoji that no anchor shows, among 300 of them at a time.
 *
 * @throws the signal's reason where it aborts; image vectors that were made are kept under `directory`.
 */
export const evaluateTuning = async (options: {
  readonly registry: EncoderRegistry;
  readonly directory: string;
  readonly signal: AbortSignal;
  readonly log: Log;
  readonly progress: (label: string, unit: string) => Progress;
}): Promise<TuningLine[]> => {
  const { signal } = options;
  const texts = ({ emoji }: EmbeddedPair): readonly string[] => [wordsOf(emoji, BEST.captions)];
  const emoji = await embedEmoji({ ...options, imageEncoder: undefined, textEncoder: undefined, texts });
  const bar = options.progress("tuning", "pieces");
  const context = { signal, progress: (done: number, total: number) => bar.update(done, total) };
  const lines: TuningLine[] = [];
  try {
    for (const style of STYLES)
      for (const half of HALVES) lines.push(await runTuning(emoji, style, half, context));
  } finally {
    bar.stop();
  }
  return lines;
};

const runTuning = async (
  emoji: EmbeddedEmoji,
  style: Style,
  half: keyof Halves,
  context: TuneContext,
): Promise<TuningLine> => {
  const held = splitClasses(eligibleClasses(emoji.pairs, QUERY_VENDOR))[half];
  const anchors = chooseAnchors(emoji.pairs, QUERY_VENDOR, { ...BEST, style }, held, 0);
  const asked = new Set(held);
  const queries = emoji.pairs.filter(
    ({ vendor, emoji: { hexcode } }) => vendor === QUERY_VENDOR && asked.has(hexcode),
  );
  const space = await spaceOf(emoji);
  try {
    space.apply({ sequence: 1 as Sequence, upserts: anchors.map(upsertOf(emoji)), deletes: [] });
    const settings = { ...TUNING_DEFAULTS, budgetSeconds: Number.POSITIVE_INFINITY };
    const own = space.view();
    const memory = own.liveSlots();
    const { chosen } = await tune(own, dealFolds(own, settings), startOf(own.size), settings, context);
    space.apply({ sequence: 2 as Sequence, upserts: queries.map(upsertOf(emoji)), deletes: [] });
    const all = space.view();
    const slots = createRandom(0).shuffle(queries.map(({ id }) => all.slotOf(id) ?? -1));
    const tests = Array.from({ length: Math.floor(slots.length / CLASSES) }, (_, i) =>
      testFold(memory, slots.slice(i * CLASSES, (i + 1) * CLASSES)),
    );
    // With the choice as what is answered by now, the search measures it beside everything else.
    const shown = await tune(all, tests, chosen, { ...settings, objective: "top1" }, context);
    const known = shown.before?.top1 ?? Number.NaN;
    return {
      style,
      asked: half,
      anchors: anchors.length,
      questions: shown.questions,
      chosen: nameOf(chosen),
      "on anchors": percent(chosen.top1),
      "on test": percent(known),
      "best on test": nameOf(shown.chosen),
      "its top-1": percent(shown.chosen.top1),
      loss: fixed(100 * (shown.chosen.top1 - known), 1),
    };
  } finally {
    space.close();
  }
};

/** Each query is a class of its own. */
const testFold = (memory: Int32Array, queries: readonly number[]): Fold => ({
  memory,
  images: Int32Array.from(queries),
  truths: Int32Array.from(queries, (_, i) => i),
  prompts: Int32Array.from(queries),
  sizes: queries.map(() => 1),
});

const startOf = (anchors: number): Choice => ({
  method: "asif",
  ...parametersFor(BEST, BEST.transform, anchors),
  transform: BEST.transform,
  rank: null,
  ensemble: "max",
});

const spaceOf = (emoji: EmbeddedEmoji) =>
  openAnchorSpace({
    imageDimension: emoji.image.dimension,
    textDimension: emoji.text.dimension,
    transform: BEST.transform,
    profile: { ...readProfile("default"), exactLimit: Number.MAX_SAFE_INTEGER },
  });

const upsertOf = (emoji: EmbeddedEmoji) => (pair: EmbeddedPair) => {
  const caption = wordsOf(pair.emoji, BEST.captions);
  return {
    id: pair.id,
    caption,
    metadata: {},
    imageVector: pair.imageVector,
    textVector: emoji.texts.get(caption) ?? new Float32Array(),
  };
};

const nameOf = ({ method, transform, k, p, rank }: Choice): string =>
  [method, transformText(transform), `k ${k}`, `p ${p}`, ...(rank === null ? [] : [`rank ${rank}`])].join(
    ", ",
  );

const percent = (share: number): string => (100 * share).toFixed(1);
