import {
  defaultTraining,
  IMAGE_QUESTIONS,
  questionPrompt,
  trainAdapter,
  type DecoderModel,
  type TrainingProgress,
} from "../../../src/features/epalm/index.ts";
import { frameIndices } from "../frames.ts";
import { isExactMatch } from "../metrics/index.ts";
import { groupText } from "../pretraining/index.ts";
import { createRandom, type Random } from "../../../src/math/random.ts";
import { bootstrapInterval, mean, type Interval } from "../../../src/math/statistics.ts";
import { answersTo } from "./answers.ts";
import type { LayerFeatures } from "./features.ts";
import type { EpalmImage } from "./images.ts";

const FRAMES = 4;
/** Vendors that a clip needs; where the others did not draw it, the last frame is repeated, as for short videos. */
const DRAWN_BY = 3;
/** Of the clips. */
const SHARES = { test: 0.25, validation: 0.05 } as const;

/** How the frames of a clip become visual tokens. */
const WAYS = ["one frame", "averaged", "concatenated"] as const;
type Way = (typeof WAYS)[number];

export interface Watched {
  readonly clips: { readonly train: number; readonly test: number };
  readonly ways: readonly {
    readonly way: Way;
    /** Tokens of each layer. */
    readonly tokens: number;
    readonly steps: number;
    /** Over both questions, in percent. */
    readonly exactMatch: Interval & { readonly value: number };
  }[];
}

interface Clip {
  readonly frames: readonly number[];
  readonly emoji: EpalmImage["emoji"];
  readonly colour: string | null;
}

/**
 * Clips whose frames are drawings of one emoji by several vendors, asked for their group and colour: on emoji that no clip
 * of the training shows, by the first frame's features alone, by those of all frames averaged, and with a token a frame.
 */
export const evaluateWatching = async (
  images: readonly EpalmImage[],
  layers: LayerFeatures,
  options: {
    readonly decoder: DecoderModel;
    readonly epochs: number;
    readonly seed: number;
    readonly signal: AbortSignal;
    readonly onProgress: (progress: TrainingProgress) => void;
  },
): Promise<Watched> => {
  const { decoder, epochs, seed, signal, onProgress } = options;
  const random = createRandom(seed);
  const clips = random.shuffle(clipsOf(images, random));
  const tests = Math.round(SHARES.test * clips.length);
  const training = tests + Math.round(SHARES.validation * clips.length);
  const rows = clips.flatMap(({ emoji, colour }, input) => [
    { input, prompt: questionPrompt(IMAGE_QUESTIONS.group), answer: groupText(emoji.group) },
    ...(colour === null ? [] : [{ input, prompt: questionPrompt(IMAGE_QUESTIONS.colour), answer: colour }]),
  ]);
  const asked = rows.filter(({ input }) => input < tests);
  const ways: Watched["ways"][number][] = [];
  for (const way of WAYS) {
    const tokens = way === "concatenated" ? FRAMES : 1;
    const features = layers.features.map((own) => framesOf(clips, own, images.length, way));
    const base = defaultTraining(decoder.config, layers.sources);
    const { vision } = base;
    const adapter = await trainAdapter(
      decoder,
      {
        rows: rows.filter(({ input }) => input >= training),
        validation: rows.filter(({ input }) => input >= tests && input < training),
        layerVectors: features,
        inputs: clips.length,
      },
      { ...base, vision: vision === null ? null : { ...vision, tokens }, epochs, seed },
      { signal, onProgress },
    );
    const answers = await answersTo(
      asked.map((row) => ({ ...row, isCaption: false })),
      { decoder, adapter, features, inputs: clips.length, isBlindfolded: false, signal },
    );
    const right = asked.map(({ input, answer }, i) => ({
      input,
      value: isExactMatch(answers[i] ?? "", answer) ? 100 : 0,
    }));
    const groups = new Map<number, number[]>();
    for (const { input, value } of right) groups.set(input, [...(groups.get(input) ?? []), value]);
    ways.push({
      way,
      tokens,
      steps: adapter.settings.training?.steps ?? 0,
      exactMatch: {
        value: mean(right.map(({ value }) => value)),
        ...bootstrapInterval([...groups.values()], { seed }),
      },
    });
  }
  return { clips: { train: clips.length - training, test: tests }, ways };
};

/** Of the emoji that are trained on. */
const clipsOf = (images: readonly EpalmImage[], random: Random): Clip[] => {
  const drawings = new Map<string, number[]>();
  images.forEach(({ split, copies, emoji }, place) => {
    if (split !== "train" || copies !== null) return;
    drawings.set(emoji.hexcode, [...(drawings.get(emoji.hexcode) ?? []), place]);
  });
  return [...drawings.values()].flatMap((places): Clip[] => {
    const [first] = places;
    const shown = first === undefined ? undefined : images[first];
    if (shown === undefined || places.length < DRAWN_BY) return [];
    const frames = frameIndices(FRAMES, places.length, random).map((index) => places[index] ?? 0);
    return [
      { frames, emoji: shown.emoji, colour: commonColour(frames.map((place) => images[place]?.colour)) },
    ];
  });
};

/** The colour of more than half of the frames. */
const commonColour = (colours: readonly (string | null | undefined)[]): string | null => {
  const found = colours.find(
    (colour) => 2 * colours.filter((other) => other === colour).length > colours.length,
  );
  return found ?? null;
};

/** Of one layer `[clips, tokens, dimension]`. */
const framesOf = (clips: readonly Clip[], rows: Float32Array, images: number, way: Way): Float32Array => {
  const dimension = rows.length / images;
  const tokens = way === "concatenated" ? FRAMES : 1;
  const result = new Float32Array(clips.length * tokens * dimension);
  clips.forEach(({ frames }, clip) => {
    const used = way === "one frame" ? frames.slice(0, 1) : frames;
    used.forEach((place, frame) => {
      const to = (clip * tokens + (tokens === 1 ? 0 : frame)) * dimension;
      const share = tokens === 1 ? used.length : 1;
      for (let d = 0; d < dimension; d++)
        result[to + d] = (result[to + d] ?? 0) + (rows[place * dimension + d] ?? 0) / share;
    });
  });
  return result;
};
