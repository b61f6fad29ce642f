import type { EncoderRegistry } from "../../encoders/index.ts";
import { AnchorageError } from "../../errors.ts";
import { kindFor, rankFor, whiteningOf } from "../../retrieval/index.ts";
import type { EncoderRecord, Store } from "../../store/index.ts";
import { classIdsOf, type Drawn } from "./draw.ts";
import { halvesFor } from "./halves.ts";
import { labelMatrices } from "./label-matrices.ts";
import { modelsOf } from "./models.ts";
import { rankCandidates } from "./answer.ts";
import type { Rounds } from "./emms/index.ts";
import type { CandidateScores } from "./score-candidate.ts";
import { openScorer } from "./scorer.ts";
import type { Selection, SelectionContext, SelectionSettings, Subject } from "./types.ts";

/** A validated selection, ready to run. */
interface Plan {
  readonly subject: Subject;
  readonly drawn: Drawn;
  readonly settings: SelectionSettings;
  /** None where models are given. */
  readonly imageEncoders: readonly EncoderRecord[];
  /** None where no method needs F-labels. */
  readonly textEncoders: readonly EncoderRecord[];
}

/**
 * Makes features and F-labels, scores every candidate and ranks them.
 *
 * @throws AnchorageError `conflict` if fewer than two kinds of samples are left because anchors were deleted meanwhile;
 * `invalid-input` where an image cannot be decoded
 * @throws the signal's reason, soon after it is aborted
 */
export const runSelection = async (
  store: Store,
  registry: EncoderRegistry,
  { subject, drawn, settings, imageEncoders, textEncoders }: Plan,
  { signal, progress }: Pick<SelectionContext, "signal" | "progress">,
): Promise<Selection> => {
  const { methods, transforms, rounds, seed, bootstrap } = settings;
  const samples = drawn.rows.length;
  const began = performance.now();
  const { models, places } = await modelsOf(store, registry, subject, drawn, imageEncoders, {
    signal,
    onMade: (done) => progress(done, samples + methods.length * transforms.length * imageEncoders.length),
  });
  const labels = places.flatMap((place) => drawn.labels[place] ?? []);
  const classes = classIdsOf(labels);
  const count = new Set(classes).size;
  if (count < 2)
    throw new AnchorageError(
      "conflict",
      `anchors were deleted meanwhile, and the ${labels.length} samples that are left have ${count} kinds of labels`,
    );
  const featured = performance.now();
  const { fLabels, description } = await labelMatrices(
    store,
    registry,
    textEncoders,
    labels,
    drawn.of,
    settings,
    signal,
  );
  const labelled = performance.now();

  const candidates = models.flatMap((model) => transforms.map((transform) => ({ model, transform })));
  const size = {
    n: labels.length,
    classes: count,
    labelColumns: (fLabels ?? []).reduce((sum, { columns }) => sum + columns, 0),
    dimensions: candidates.map(({ model, transform }) => {
      const whitening = whiteningOf(kindFor("image", transform, labels.length));
      return whitening === null ? model.d : rankFor(whitening, labels.length, model.d);
    }),
  };
  const halves = methods.map((method) => [method, halvesFor(method, bootstrap, size)] as const);
  const scores = candidates.length * halves.reduce((sum, [, own]) => sum + 1 + own, 0);
  let done = samples;
  const scorer = openScorer(
    {
      labels: { classes, ...(fLabels === undefined ? {} : { fLabels }) },
      options: optionsOf(rounds, seed),
      seed,
      halves,
    },
    () => progress(++done, samples + scores),
    signal,
  );
  const scored: CandidateScores[] = [];
  try {
    for (const { model, transform } of candidates)
      scored.push(await scorer.score({ data: model.data, n: labels.length, d: model.d, transform }));
  } finally {
    await scorer.close();
  }
  progress(samples + scores, samples + scores);
  return {
    subject: {
      collection: drawn.of?.collection.name ?? null,
      sequence: drawn.of?.sequence ?? null,
      labels: drawn.labelled,
    },
    samples: { used: labels.length, ...drawn.counts, gone: samples - labels.length },
    classes: count,
    settings,
    fLabels: description,
    ...rankCandidates(
      candidates.map(({ model: { name, features }, transform }) => ({ model: name, features, transform })),
      scored,
      methods,
      labels.length,
    ),
    tookMs: {
      features: Math.round(featured - began),
      labels: Math.round(labelled - featured),
      scores: Math.round(performance.now() - labelled),
    },
  };
};

const optionsOf = (rounds: Rounds, seed: number) => ({
  emms: { rounds },
  nleep: { seed },
  parc: { seed },
  "linear-probe": { seed },
});
