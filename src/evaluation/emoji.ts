import { join } from "node:path";
import type { EncoderRegistry } from "../encoders/index.ts";
import type { Progress } from "../progress.ts";
import { QUERY_VENDOR, readPairs, VENDORS } from "../sample/index.ts";
import type { Log } from "../types.ts";
import { grid, growth, ladder } from "./emoji-configurations.ts";
import { eligibleClasses, splitClasses } from "./emoji-protocol.ts";
import { runConfigurations, wordsOf, type Configuration, type EmojiData } from "./emoji-runs.ts";
import { embedDrawings, embedTexts } from "./emoji-vectors.ts";
import { LAYERED_ENCODER } from "./layers.ts";
import { seriesOf, type Report } from "./report.ts";

/**
 * Zero-shot classification of emoji that no anchor shows: {@link QUERY_VENDOR}'s drawings of so many classes, among
 * anchors of other classes. The report has what each step from plain ASIF to the default adds, and how accuracy grows
 * with anchors; with `tune`, k and p are varied on the other half of the classes instead.
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
  readonly signal: AbortSignal;
  readonly log: Log;
  readonly progress: (label: string, unit: string) => Progress;
}): Promise<Report> => {
  const { registry, directory, classes, seeds, tune, signal, log, progress } = options;
  const image = registry.get(options.imageEncoder ?? LAYERED_ENCODER, "image");
  const text = registry.get(options.textEncoder ?? registry.defaultOf("text").id, "text");
  const drawn = await readPairs(VENDORS.map(({ id }) => id));
  const shared = { registry, signal, log };
  const drawings = progress("drawings", "images");
  const pairs = await embedDrawings(drawn, {
    ...shared,
    encoder: image,
    directory: join(directory, "vectors"),
    progress: drawings,
  }).finally(() => drawings.stop());
  const words = pairs.flatMap(({ emoji }) => [wordsOf(emoji, "label"), wordsOf(emoji, "tags")]);
  const texts = await embedTexts(words, { ...shared, encoder: text });
  const halves = splitClasses(eligibleClasses(pairs, QUERY_VENDOR));
  const half = tune ? halves.tuning : halves.reporting;
  const data: EmojiData = { pairs, queryVendor: QUERY_VENDOR, texts, half };
  const asked = Math.min(classes, half.length);

  const run = async (configurations: readonly Configuration[], label: string) => {
    const bar = progress(label, "trials");
    return runConfigurations(data, configurations, {
      classes: asked,
      seeds,
      signal,
      onProgress: (done, total) => bar.update(done, total),
    }).finally(() => bar.stop());
  };
  const rows = await run(tune ? grid() : ladder(image.id === LAYERED_ENCODER), tune ? "k and p" : "steps");
  const curve = tune ? [] : await run(growth(pairs.length), "growth");
  return {
    title: tune ? "Emoji: k and p on the tuning half" : "Emoji that no anchor shows",
    about: `${seeds} runs, each of ${asked} classes out of ${half.length}; queries: ${QUERY_VENDOR}'s drawings`,
    settings: { classes: asked, of: half.length, seeds, queryVendor: QUERY_VENDOR, encoders: [image, text] },
    rows,
    series: (["unseen", "seen"] as const).flatMap((style) =>
      seriesOf(
        `${style} style`,
        curve.filter(({ configuration }) => configuration.style === style),
      ),
    ),
  };
};
