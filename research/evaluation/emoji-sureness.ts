import {
  measureCalibration,
  planCalibration,
  rungFor,
  standardOf,
  judge,
} from "../../src/features/calibration/index.ts";
import { classify, parametersFor } from "../../src/asif/index.ts";
import { coverage } from "../../src/features/coverage/index.ts";
import { spearman } from "../../src/features/selection/emms/index.ts";
import { createRandom } from "../../src/math/random.ts";
import { openAnchorSpace, readProfile, type AnchorSpace } from "../../src/retrieval/index.ts";
import { QUERY_VENDOR } from "../../src/features/sample/index.ts";
import type { Log, Sequence } from "../../src/types.ts";
import type { EncoderRegistry } from "../../src/encoders/index.ts";
import type { Progress } from "../../src/progress.ts";
import { BEST, STYLES } from "./emoji-configurations.ts";
import { chooseAnchors, eligibleClasses, splitClasses, type Halves, type Style } from "./emoji-protocol.ts";
import { wordsOf } from "./emoji-runs.ts";
import { embedEmoji, type EmbeddedEmoji, type EmbeddedPair } from "./emoji-vectors.ts";
import { surenessLines, type SurenessLine, type SurenessRun, type SureOutcome } from "./sureness-table.ts";
import { concatenate } from "../../src/features/evaluation/index.ts";
import { mean } from "../../src/math/statistics.ts";

const RISK = 0.1;
const COVERAGE = 0.9;
const CLASSES = 300;
const CALIBRATION = { images: 4_000, seed: 0 };

/** @throws the signal's reason where it aborts; image vectors that were made are kept under `directory`. */
export const evaluateSureness = async (options: {
  readonly registry: EncoderRegistry;
  readonly directory: string;
  readonly seeds: number;
  /** Of the classes that may be asked for, the half that is. */
  readonly half: keyof Halves;
  readonly signal: AbortSignal;
  readonly log: Log;
  readonly progress: (label: string, unit: string) => Progress;
}): Promise<SurenessLine[]> => {
  const { seeds, half, signal, progress } = options;
  const texts = ({ emoji }: EmbeddedPair): readonly string[] => [wordsOf(emoji, BEST.captions)];
  const emoji = await embedEmoji({ ...options, imageEncoder: undefined, textEncoder: undefined, texts });
  const bar = progress("draws", "runs");
  const lines: SurenessLine[] = [];
  try {
    for (const [at, style] of STYLES.entries()) {
      const runs: SurenessRun[] = [];
      for (let seed = 0; seed < seeds; seed++) {
        signal.throwIfAborted();
        bar.update(at * seeds + seed, STYLES.length * seeds);
        runs.push(await runSureness(emoji, { half, style, classes: CLASSES, seed, signal }));
      }
      lines.push(...surenessLines(style, runs));
    }
  } finally {
    bar.stop();
  }
  return lines;
};

/**
 * Classifies every drawing of classes that no anchor shows, after coverage has predicted how each class will fare and a
 * calibration on the anchors has said how sure to be.
 */
const runSureness = async (
  emoji: EmbeddedEmoji,
  options: {
    readonly half: keyof Halves;
    readonly style: Style;
    readonly classes: number;
    readonly seed: number;
    readonly signal: AbortSignal;
  },
): Promise<SurenessRun> => {
  const { half, style, seed, signal } = options;
  const halves = splitClasses(eligibleClasses(emoji.pairs, QUERY_VENDOR));
  const held = createRandom(seed).sample(halves[half], options.classes);
  const place = new Map(held.map((hexcode, i) => [hexcode, i] as const));
  const anchors = chooseAnchors(emoji.pairs, QUERY_VENDOR, { ...BEST, style }, held, seed);
  const queries = emoji.pairs.filter((pair) => place.has(pair.emoji.hexcode));
  const space = await spaceOf(emoji, anchors);
  try {
    const view = space.view();
    const { transform } = BEST;
    const settings = { ...parametersFor(BEST, transform, view.size), transform };
    const byHexcode = new Map(queries.map((pair) => [pair.emoji.hexcode, pair] as const));
    const question = {
      prompts: concatenate(held.flatMap((hexcode) => textOf(emoji, byHexcode.get(hexcode)) ?? [])),
      classes: held.map((hexcode) => ({ name: hexcode, prompts: 1 })),
      settings,
    };
    const covered = await coverage(view, { ...question, top: 1 });
    const plan = planCalibration(view, { ...settings, method: "asif", ensemble: "max" }, CALIBRATION);
    const calibration = await measureCalibration(plan, { signal, progress: () => undefined });
    const rung = rungFor(calibration, held.length);
    const standard = standardOf(rung, { risk: RISK, coverage: COVERAGE });
    const answers = await classify(view, {
      ...question,
      images: concatenate(queries.map(({ imageVector }) => imageVector)),
      ensemble: "max",
      top: held.length,
      explain: 0,
    });
    const outcomes = answers.map(({ classes }, i): SureOutcome => {
      const { classes: likely, abstained = false, set = [] } = judge(standard, classes);
      const truth = queries[i]?.emoji.hexcode;
      return {
        vendor: queries[i]?.vendor ?? "",
        confidence: likely[0]?.probability ?? 0,
        correct: likely[0]?.name === truth,
        abstained,
        holds: set.some(({ name }) => name === truth),
        size: set.length,
      };
    });
    const right = held.map(() => 0);
    const asked = held.map(() => 0);
    outcomes.forEach(({ correct }, i) => {
      const at = place.get(queries[i]?.emoji.hexcode ?? "") ?? 0;
      asked[at] = (asked[at] ?? 0) + 1;
      if (correct) right[at] = (right[at] ?? 0) + 1;
    });
    const accuracies = right.map((count, i) => count / Math.max(1, asked[i] ?? 0));
    const predicted = covered.classes.map(({ risk }) => 1 - risk);
    return {
      style,
      anchors: anchors.length,
      images: queries.length,
      accuracy: mean(accuracies),
      spearman: spearman(predicted, accuracies) ?? 0,
      predicted: mean(predicted),
      heldOut: rung.evidence,
      outcomes,
    };
  } finally {
    space.close();
  }
};

const spaceOf = async (emoji: EmbeddedEmoji, anchors: readonly EmbeddedPair[]): Promise<AnchorSpace> => {
  const space = await openAnchorSpace({
    imageDimension: emoji.image.dimension,
    textDimension: emoji.text.dimension,
    transform: BEST.transform,
    profile: { ...readProfile("default"), exactLimit: Number.MAX_SAFE_INTEGER },
  });
  const upserts = anchors.map((pair) => ({
    id: pair.id,
    caption: wordsOf(pair.emoji, BEST.captions),
    metadata: {},
    imageVector: pair.imageVector,
    textVector: textOf(emoji, pair) ?? new Float32Array(),
  }));
  space.apply({ sequence: 1 as Sequence, upserts, deletes: [] });
  return space;
};

const textOf = ({ texts }: EmbeddedEmoji, pair: EmbeddedPair | undefined): Float32Array | undefined =>
  pair === undefined ? undefined : texts.get(wordsOf(pair.emoji, BEST.captions));
