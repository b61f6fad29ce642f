import type { SpaceOptions } from "../../../src/retrieval/index.ts";
import type { Sequence } from "../../../src/types.ts";
import type { EmbeddedEmoji, EmbeddedPair } from "../emoji-vectors.ts";
import {
  type Accuracy,
  addToTrial,
  isHit,
  openTrialSpace,
  outcomeOf,
  ranksIn,
  type Run,
  type RunOptions,
  type TrialAnchor,
  type TrialSettings,
} from "../../../src/features/evaluation/index.ts";
import { captionOf, type Asked, type Domain } from "./domains.ts";

/** How many pairs of the new domain there are, step by step. */
export const STEPS = [0, 1, 2, 5, 10, 20, 50, 100] as const;

/** What was reached with so many pairs added. */
export interface Step {
  readonly added: number;
  /** With an interval over what is asked about. */
  readonly accuracies: readonly Accuracy[];
  /** Top-1 in percent of each draw of the pairs. */
  readonly draws: readonly number[];
  /** Top-1 in percent on everything else, where the domain is one class among others. */
  readonly others?: number;
}

export interface Adaptation {
  readonly name: string;
  /** Before anything is added, in the first draw. */
  readonly anchors: number;
  readonly questions: number;
  readonly classes: number;
  readonly steps: readonly Step[];
}

/** Later than every change that a trial makes. */
const EVER = Number.MAX_SAFE_INTEGER as Sequence;

/**
 * Accuracy on a domain after each of {@link STEPS}, over draws of the pairs that are added, by the code that serves
 * queries. A transform stays fitted on the anchors of before, as in a service, where a tenth more of them must come
 * before it is fitted anew.
 *
 * @throws the signal's reason where it aborts.
 */
export const adapt = async (
  domain: Domain,
  emoji: EmbeddedEmoji,
  settings: TrialSettings,
  { seeds, signal, onProgress }: RunOptions,
): Promise<Adaptation> => {
  const runs = STEPS.map((): Run[] => []);
  const others = STEPS.map((): number[] => []);
  const first = domain.draw(emoji, 0);
  let fits: Fits | undefined;
  for (let seed = 0; seed < seeds; seed++) {
    const draw = domain.draw(emoji, seed);
    const known = domain.sameBase ? fits : undefined;
    const made = known ?? keptFits();
    fits = made;
    const space = await openTrialSpace(anchorsOf(emoji, draw.base), settings.transform, {
      transforms: known === undefined ? [] : made.records,
      saveTransform: made.save,
    });
    try {
      for (const [at, count] of STEPS.entries()) {
        signal.throwIfAborted();
        onProgress(seed * STEPS.length + at, seeds * STEPS.length);
        const more = draw.pool.slice(at === 0 ? 0 : STEPS[at - 1], count);
        if (more.length > 0) addToTrial(space, anchorsOf(emoji, more), 1 + at);
        const ask = async (asked: Asked) =>
          (await ranksIn(space, asked, settings)).map((rank, i) => ({
            rank,
            subject: asked.subjects[i] ?? "",
          }));
        runs[at]?.push({ anchors: draw.base.length + count, results: await ask(draw.asked) });
        if (draw.others !== undefined) others[at]?.push(percent(await ask(draw.others)));
      }
    } finally {
      space.close();
    }
  }
  onProgress(seeds * STEPS.length, seeds * STEPS.length);
  const classes = first.asked.classes.length;
  return {
    name: domain.name,
    anchors: first.base.length,
    questions: first.asked.images.length,
    classes,
    steps: STEPS.map((added, at) => {
      const elsewhere = others[at] ?? [];
      return {
        added,
        accuracies: outcomeOf(added, runs[at] ?? [], classes).accuracies,
        draws: (runs[at] ?? []).map(({ results }) => percent(results)),
        ...(elsewhere.length === 0
          ? {}
          : { others: elsewhere.reduce((sum, value) => sum + value, 0) / elsewhere.length }),
      };
    }),
  };
};

/** Of these drawings. */
export const anchorsOf = (emoji: EmbeddedEmoji, pairs: readonly EmbeddedPair[]): TrialAnchor[] =>
  pairs.map((pair) => ({
    id: pair.id,
    imageVector: pair.imageVector,
    textVector: emoji.texts.get(captionOf(pair)) ?? new Float32Array(emoji.text.dimension),
  }));

type Records = NonNullable<SpaceOptions["transforms"]>;

interface Fits {
  readonly records: Records[number][];
  readonly save: NonNullable<SpaceOptions["saveTransform"]>;
}

/** What is fitted on a base, so that draws over the same base need not fit it again. */
const keptFits = (): Fits => {
  const records: Records[number][] = [];
  return {
    records,
    save: (record) => {
      records.push({ ...record, sequence: EVER });
      return Promise.resolve();
    },
  };
};

const percent = (results: readonly { readonly rank: number }[]): number =>
  (100 * results.filter(({ rank }) => isHit(rank, 1)).length) / results.length;
