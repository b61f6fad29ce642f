import type { DecoderModel } from "../../epalm/index.ts";
import { AnchorageError, invalidField } from "../../../errors.ts";
import type { Classifier, Classifiers } from "../classifiers/index.ts";
import type { Remotes } from "../remote/index.ts";
import { labelKey, type Scene } from "../scene/index.ts";
import {
  classesIn,
  createArithmeticScorer,
  createAsifScorer,
  createConsistencyScorer,
  createCsaScorer,
  createHttpScorer,
  createImageImageScorer,
  createKnnVoteScorer,
  createNeighbourCaptionsScorer,
  createOnnxClassifierScorer,
  createProbeScorer,
  createReverseRetrievalScorer,
  createTextTextScorer,
  createVotesScorer,
  isProbeable,
  probeClasses,
} from "../scorers/index.ts";
import type { Scorer } from "../types.ts";
import type { ScorerName, ScorerSpec } from "./specs.ts";

/** The language models there are, by the names of their folders. */
export interface LanguageModels {
  /** @throws AnchorageError `not-found` where there is none of this id, `unprocessable` where it cannot be used */
  readonly get: (id: string) => Promise<DecoderModel>;
}

/** What scorers and generators are made of for one run. */
export interface Means {
  readonly scene: Scene;
  readonly remotes: Remotes;
  readonly classifiers: Classifiers;
  readonly decoders: LanguageModels;
  /** What endpoints are told of the condition. */
  readonly shownCondition: unknown;
}

/**
 * @param path of the scorer in what was asked
 * @throws AnchorageError `invalid-input` where it may not be made
 */
export const makeScorer = async (spec: ScorerSpec, means: Means, path: string): Promise<Scorer> => {
  const { scene, remotes, shownCondition } = means;
  const { as } = spec;
  const settings = { ...settingsOf(spec), name: as ?? spec.name };
  switch (spec.name) {
    case "asif":
      return createAsifScorer(scene, settings);
    case "csa":
      return createCsaScorer(scene, { ...spec, ...settings });
    case "text-text":
      return createTextTextScorer(scene, settings);
    case "image-image":
      return createImageImageScorer(scene, settings);
    case "neighbour-captions":
      return createNeighbourCaptionsScorer(scene, { ...spec, ...settings });
    case "reverse-retrieval":
      return createReverseRetrievalScorer(scene, { ...spec, ...settings });
    case "knn-vote":
      return createKnnVoteScorer(scene, { ...spec, ...settings });
    case "self-consistency":
      return spec.by === "votes" ? createVotesScorer(settings) : createConsistencyScorer(scene, settings);
    case "arithmetic":
      return createArithmeticScorer({ ...spec, ...settings });
    case "probe":
      checkProbe(scene, spec, path);
      return createProbeScorer(scene, { ...spec, ...settings });
    case "onnx":
      return createOnnxClassifierScorer(scene, {
        ...settings,
        classifier: await classifierOf(spec, means, path),
        ...(spec.target === undefined ? {} : { target: spec.target }),
      });
    case "http": {
      const remote = remotes.open(spec, `${path}.url`);
      return createHttpScorer({
        ...settingsOf(spec),
        ...(as === undefined ? {} : { name: as }),
        remote,
        condition: shownCondition,
      });
    }
  }
};

type SpecOf<Name extends ScorerName> = Extract<ScorerSpec, { name: Name }>;

const checkProbe = (scene: Scene, { field, target }: SpecOf<"probe">, path: string): void => {
  const { names } = probeClasses(scene, field);
  if (!isProbeable(names.size)) {
    const message = `names what has ${classesIn(names.size, field)}`;
    throw new AnchorageError("unprocessable", `${path}.field: ${message}`, {
      faults: [{ path: `${path}.field`, message }],
    });
  }
  checkTarget(scene, "image", target, (key) => names.has(key), path);
};

const classifierOf = async (
  { classifier: id, target }: SpecOf<"onnx">,
  { scene, classifiers }: Means,
  path: string,
): Promise<Classifier> => {
  const classifier = await classifiers.open(id, `${path}.classifier`);
  const { modality, dimension, classes } = classifier;
  const own = scene.view.dimension(modality);
  if (dimension !== own)
    throw invalidField(
      `${path}.classifier`,
      `takes ${modality} vectors of ${dimension} numbers; this collection's have ${own}`,
    );
  const known = new Set(classes.map(labelKey));
  checkTarget(scene, modality, target, (key) => known.has(key), path);
  return classifier;
};

const checkTarget = (
  { condition }: Scene,
  modality: "image" | "text",
  target: string | undefined,
  isKnown: (key: string) => boolean,
  path: string,
): void => {
  if (target === undefined && condition[modality].length === 0)
    throw invalidField(path, `needs condition.${modality} where no target is given`);
  if (target !== undefined && !isKnown(labelKey(target)))
    throw invalidField(`${path}.target`, "is none of the classes");
};

/** What a spec says of any scorer, without its name. */
const settingsOf = ({ calibration, onFailure, timeoutMs }: ScorerSpec) => ({
  ...(calibration === undefined ? {} : { calibration }),
  ...(onFailure === undefined ? {} : { onFailure }),
  ...(timeoutMs === undefined ? {} : { timeoutMs }),
});
