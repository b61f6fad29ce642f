import type { Collections } from "../../../src/collections/index.ts";
import type { EmbeddedEmoji, EmbeddedPair } from "../emoji-vectors.ts";
import type { CollectionName } from "../../../src/types.ts";
import type { TrialSettings } from "../../../src/features/evaluation/index.ts";
import { captionOf, type Draw } from "./domains.ts";
import { STEPS } from "./runs.ts";

const NAME = "adapting" as CollectionName;
const ANCHORS_A_BATCH = 500;

/** What a collection of a real service did when pairs were added to it, or taken out. */
export interface LiveStep {
  /** Pairs of the domain that are there. */
  readonly added: number;
  /** From the first byte of a new drawing to the write's acknowledgement, its encoding among it. */
  readonly writeMs: number;
  /** Of the query that followed, one drawing that is encoded for it. */
  readonly answerMs: number;
  /** What that drawing was called, and its true class. */
  readonly answer: string;
  readonly truth: string;
  /** Of the write, and of the answer after it. */
  readonly written: number;
  readonly answered: number;
  /** Top-1 in percent over all drawings that are asked about. */
  readonly accuracy: number;
}

/**
 * Adds a domain's pairs as drawings to a collection on real Postgres, step by step, and asks right after each write;
 * in the last step everything that was added is deleted again.
 *
 * @param collections whose encoders are those that `emoji` was embedded with; the collection is made and left there
 * @param images of drawings by id, as files
 */
export const adaptLive = async (
  collections: Collections,
  draw: Draw,
  emoji: EmbeddedEmoji,
  images: ReadonlyMap<string, Uint8Array>,
  settings: TrialSettings,
): Promise<LiveStep[]> => {
  const { k, p, transform } = settings;
  await collections.create({
    name: NAME,
    imageEncoder: emoji.image.id,
    textEncoder: emoji.text.id,
    asif: { k, p },
    transform,
  });
  for (let first = 0; first < draw.base.length; first += ANCHORS_A_BATCH) {
    await collections.putAnchors(
      NAME,
      draw.base.slice(first, first + ANCHORS_A_BATCH).map((pair) => ({
        id: pair.id,
        text: captionOf(pair),
        imageVector: Array.from(pair.imageVector),
        textVector: Array.from(emoji.texts.get(captionOf(pair)) ?? []),
      })),
    );
  }
  const classes = draw.names.map((name) => ({ name }));
  const imageOf = (id: string): Uint8Array => images.get(id) ?? new Uint8Array();
  const shown = emoji.pairs.find(({ imageVector }) => imageVector === draw.asked.images[0]);
  const truth = draw.names[draw.asked.truths[0] ?? -1] ?? "";

  const ask = async (added: number, written: number, writeMs: number): Promise<LiveStep> => {
    const started = performance.now();
    const { results, sequence } = await collections.classify(NAME, {
      images: [{ image: imageOf(shown?.id ?? "") }],
      classes,
      top: 1,
    });
    const answerMs = performance.now() - started;
    const all = await collections.classify(NAME, {
      images: draw.asked.images.map((vector) => ({ vector: Array.from(vector) })),
      classes,
      top: 1,
    });
    const right = all.results.filter(
      (result, i) => result.classes[0]?.name === draw.names[draw.asked.truths[i] ?? -1],
    );
    return {
      added,
      writeMs,
      answerMs,
      answer: results[0]?.classes[0]?.name ?? "",
      truth,
      written,
      answered: sequence,
      accuracy: (100 * right.length) / draw.asked.images.length,
    };
  };

  // The transform is fitted by the first query, which is not what is timed.
  const { sequence } = await collections.get(NAME);
  await ask(0, sequence, 0);
  const steps = [await ask(0, sequence, 0)];
  let before = 0;
  for (const count of STEPS.filter((each) => each > 0)) {
    const started = performance.now();
    const { sequence: written } = await collections.putAnchors(
      NAME,
      draw.pool.slice(before, count).map((pair: EmbeddedPair) => ({
        id: pair.id,
        text: captionOf(pair),
        image: imageOf(pair.id),
      })),
    );
    steps.push(await ask(count, written, performance.now() - started));
    before = count;
  }
  const started = performance.now();
  const removed = await collections.deleteAnchors(NAME, {
    ids: draw.pool.slice(0, before).map(({ id }) => id),
  });
  steps.push(await ask(0, removed.sequence, performance.now() - started));
  return steps;
};
