import {
  defaultTraining,
  IMAGE_QUESTIONS,
  questionPrompt,
  trainAdapter,
  trainedShare,
  type DecoderModel,
  type TrainingProgress,
} from "../../../src/features/epalm/index.ts";
import { isExactMatch } from "../metrics/index.ts";
import { SCALE_DIMENSION, scaleFeatures, SCALES } from "../audio/index.ts";
import { createRandom } from "../../../src/math/random.ts";
import { bootstrapInterval, mean, type Interval } from "../../../src/math/statistics.ts";
import { answersTo } from "./answers.ts";
import { drawSound, SOUND_NAMES } from "./sounds.ts";

const SOUNDS = { train: 40, validation: 5, test: 25 } as const;
/** Names the front end in an adapter, in place of an encoder's weights. */
const NO_WEIGHTS = "0".repeat(64);

export interface Heard {
  readonly kinds: number;
  readonly sounds: typeof SOUNDS;
  readonly trained: { readonly parameters: number; readonly share: number };
  readonly steps: number;
  /** Of the tests, in percent; `blindfolded` with visual tokens of zeros. */
  readonly exactMatch: Interval & { readonly value: number };
  readonly blindfolded: number;
  readonly confused: readonly { readonly sound: string; readonly answer: string }[];
}

/** Trains an adapter on sounds that it makes itself, of eight kinds, and asks what others of these kinds are. */
export const evaluateHearing = async (options: {
  readonly decoder: DecoderModel;
  readonly epochs: number;
  readonly seed: number;
  readonly signal: AbortSignal;
  readonly onProgress: (progress: TrainingProgress) => void;
}): Promise<Heard> => {
  const { decoder, seed, signal } = options;
  const random = createRandom(seed);
  const each = SOUNDS.train + SOUNDS.validation + SOUNDS.test;
  const inputs = SOUND_NAMES.length * each;
  const features = Array.from({ length: SCALES }, () => new Float32Array(inputs * SCALE_DIMENSION));
  const prompt = questionPrompt(IMAGE_QUESTIONS.what);
  const rows = Array.from({ length: inputs }, (_, input) => {
    const answer = SOUND_NAMES[Math.floor(input / each)] ?? "";
    scaleFeatures(drawSound(answer, random)).forEach((own, scale) =>
      features[scale]?.set(own, input * SCALE_DIMENSION),
    );
    return { input, prompt, answer };
  });
  const part = (first: number, count: number) =>
    rows.filter((_, input) => input % each >= first && input % each < first + count);
  const tests = part(SOUNDS.train + SOUNDS.validation, SOUNDS.test);
  const sources = features.map((_, scale) => ({
    encoder: `log-mel-scale-${scale}`,
    sha256: NO_WEIGHTS,
    dimension: SCALE_DIMENSION,
  }));
  const training = { ...defaultTraining(decoder.config, sources), epochs: options.epochs, seed };
  const adapter = await trainAdapter(
    decoder,
    {
      rows: part(0, SOUNDS.train),
      validation: part(SOUNDS.train, SOUNDS.validation),
      layerVectors: features,
      inputs,
    },
    training,
    { signal, onProgress: options.onProgress },
  );
  const ask = async (isBlindfolded: boolean): Promise<string[]> =>
    answersTo(
      tests.map((row) => ({ ...row, isCaption: false })),
      { decoder, adapter, features, inputs, isBlindfolded, signal },
    );
  const rightOf = (answers: readonly string[]): number[] =>
    tests.map(({ answer }, i) => (isExactMatch(answers[i] ?? "", answer) ? 100 : 0));
  const answers = await ask(false);
  const right = rightOf(answers);
  return {
    kinds: SOUND_NAMES.length,
    sounds: SOUNDS,
    trained: trainedShare(adapter.settings, decoder.parameters),
    steps: adapter.settings.training?.steps ?? 0,
    exactMatch: {
      value: mean(right),
      ...bootstrapInterval(
        right.map((value) => [value]),
        { seed },
      ),
    },
    blindfolded: mean(rightOf(await ask(true))),
    confused: tests.flatMap(({ answer }, i) =>
      right[i] === 0 ? [{ sound: answer, answer: answers[i] ?? "" }] : [],
    ),
  };
};
