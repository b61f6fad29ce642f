import type { Method } from "../../src/api/methods.ts";
import { invalidField } from "../../src/errors.ts";
import type { EncoderRegistry } from "../../src/encoders/index.ts";
import type { Progress } from "../../src/progress.ts";
import { QUERY_VENDOR } from "../../src/features/sample/index.ts";
import type { Log } from "../../src/types.ts";
import {
  compareRuns,
  type Comparison,
  outcomeOf,
  type Report,
  type Run,
  runGrid,
  type RunOptions,
  seriesOf,
} from "../../src/features/evaluation/index.ts";
import { BEST, byMethod, grid, growth, ladder, STYLES } from "./emoji-configurations.ts";
import { eligibleClasses, splitClasses } from "./emoji-protocol.ts";
import { emojiTask, runConfigurations, wordsOf, type Configuration, type EmojiData } from "./emoji-runs.ts";
import { embedEmoji, type EmbeddedPair } from "./emoji-vectors.ts";
import { byLayers } from "./layer-choice.ts";
import { LAYERED_ENCODER } from "./layers.ts";

/**
 * Zero-shot classification of emoji that no anchor shows: {@link QUERY_VENDOR}'s drawings of so many classes, among
 * anchors of other classes. The report has what each step from plain ASIF to the default adds, and how accuracy grows
 * with anchors; with several methods, what each of them reaches with the same anchors; with `tune`, k and p are varied
 * on the other half of the classes instead.
 *
 * @throws the signal's reason where it aborts; image vectors that were made are kept under `directory`.
 */
export const evaluateEmoji = async (options: {
  readonly registry: EncoderRegistry;
  /** Ids; absent: the default ones. */
  readonly imageEncoder: string | undefined;
  readonly textEncoder: string | undefined;
  /** Where image vectors are kept. */
  readonly directory: string;
  readonly classes: number;
  readonly seeds: number;
  readonly tune: boolean;
  /** Whether choices of the encoder's layers are compared instead, ordered by mutual nearest neighbours. */
  readonly layers: boolean;
  /** Where there are several, the others are compared with the first. */
  readonly methods: readonly Method[];
  /** Whether accuracy over k and p is drawn as well, in unseen style and by the first method. */
  readonly heatMap: boolean;
  readonly signal: AbortSignal;
  readonly log: Log;
  readonly progress: (label: string, unit: string) => Progress;
}): Promise<Report> => {
  const { classes, seeds, tune, layers, methods, heatMap, signal, progress } = options;
  const { pairs, texts, image, text } = await embedEmoji({ ...options, texts: emojiWords });
  const halves = splitClasses(eligibleClasses(pairs, QUERY_VENDOR));
  const half = tune ? halves.tuning : halves.reporting;
  const data: EmojiData = { pairs, queryVendor: QUERY_VENDOR, texts, half };
  const asked = Math.min(classes, half.length);

  const withBar = async <T>(label: string, work: (options: RunOptions) => Promise<T>): Promise<T> => {
    const bar = progress(label, "trials");
    const onProgress = (done: number, total: number): void => bar.update(done, total);
    return work({ seeds, signal, onProgress }).finally(() => bar.stop());
  };
  const run = (configurations: readonly Configuration[], label: string) =>
    withBar(label, async (asking) => {
      const runs = await runConfigurations(data, configurations, { ...asking, classes: asked });
      return configurations.map((configuration, i) => ({
        configuration,
        runs: runs[i] ?? [],
        outcome: outcomeOf(configuration, runs[i] ?? [], asked),
      }));
    });

  const [method = "asif"] = methods;
  const isPlain = methods.length === 1 && method === "asif";
  const isLayered = image.id === LAYERED_ENCODER;
  if (layers && !isLayered)
    throw invalidField(["layers"], `only those of ${LAYERED_ENCODER} can be told apart`);
  const steps = isPlain ? ladder(isLayered) : byMethod(methods);
  const found = layers
    ? await run(await byLayers(data), "layers")
    : await run(tune ? grid() : steps, tune ? "k and p" : "steps");
  const curve = tune || layers || !isPlain ? [] : await run(growth(pairs.length), "growth");
  const unseen: Configuration = { ...BEST, method, style: "unseen", name: "" };
  const taskOf = (seed: number) => emojiTask(data, unseen, asked, seed);
  const overKAndP = heatMap
    ? await withBar("heat map", (asking) => runGrid({ taskOf, same: false }, unseen, asking))
    : undefined;
  return {
    title: layers ? "Emoji by layers" : tune ? "Emoji: k and p" : "Emoji that no anchor shows",
    about: `${seeds} runs, each of ${asked} classes out of ${half.length}${tune ? " (the tuning half)" : ""}; queries: ${QUERY_VENDOR}'s drawings`,
    settings: {
      classes: asked,
      of: half.length,
      seeds,
      methods,
      queryVendor: QUERY_VENDOR,
      encoders: [image, text],
    },
    rows: found.map(({ outcome }) => outcome),
    series: STYLES.flatMap((style) =>
      seriesOf(
        `${style} style`,
        curve.filter(({ configuration }) => configuration.style === style).map(({ outcome }) => outcome),
      ),
    ),
    comparisons: isPlain || tune || layers ? [] : comparisonsOf(found),
    ...(overKAndP === undefined ? {} : { grid: overKAndP }),
  };
};

/** What captions and prompts are made of. */
const emojiWords = ({ emoji }: Pick<EmbeddedPair, "emoji">): string[] => [
  wordsOf(emoji, "label"),
  wordsOf(emoji, "tags"),
];

/** Of the methods in one style with the first in that style. */
const comparisonsOf = (
  found: readonly { readonly configuration: Configuration; readonly runs: readonly Run[] }[],
): Comparison[] =>
  STYLES.flatMap((style) => {
    const [first, ...others] = found.filter(({ configuration }) => configuration.style === style);
    return first === undefined
      ? []
      : others.map(({ configuration, runs }) => ({
          name: configuration.name,
          against: first.configuration.name,
          differences: compareRuns(runs, first.runs),
        }));
  });
