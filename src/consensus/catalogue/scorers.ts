import { AnchorageError, invalidField } from "../../errors.ts";
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
import type { PayloadKind, Scorer } from "../types.ts";
import type { ScorerName, ScorerSpec } from "./specs.ts";

/** What scorers and generators are made of for one run. */
export interface Means {
  readonly scene: Scene;
  readonly remotes: Remotes;
  readonly classifiers: Classifiers;
  /** What endpoints are told of the condition. */
  readonly shownCondition: unknown;
}

/** What is told of a scorer or generator before anything is asked of it. */
export interface Capability {
  readonly description: string;
  readonly kinds: readonly PayloadKind[];
  /** What the condition must have: an image, a text, one of both, or nothing. */
  readonly needs: "image" | "text" | "either" | "nothing";
  /**
   * What most of its time goes to: `arithmetic` (microseconds a proposal), `vectors` (inner products), `retrieval` (one search
   * a proposal, all in one batch), `remote` (someone else's endpoint).
   */
  readonly cost: "arithmetic" | "vectors" | "retrieval" | "remote";
}

export interface ScorerCapability extends Capability {
  /** Whether it needs the vectors of proposed texts. */
  readonly embeds: boolean;
  /** What it is calibrated by: scores of 256 anchors, or of the proposals. */
  readonly background: boolean;
}

const ACROSS = ["text", "anchor", "vector"] as const;
const ALL = ["text", "anchor", "vector", "steps", "action"] as const;

export const SCORERS: Readonly<Record<ScorerName, ScorerCapability>> = {
  asif: {
    description:
      "How well a text describes the condition's images, or an image shows its text: the cosine of relative representations.",
    kinds: ACROSS,
    needs: "either",
    cost: "retrieval",
    embeds: true,
    background: true,
  },
  csa: {
    description:
      "The same by a linear map that is fitted on the anchors: the weighted cosine of canonical directions.",
    kinds: ACROSS,
    needs: "either",
    cost: "vectors",
    embeds: true,
    background: true,
  },
  "text-text": {
    description: "The cosine of a text with the condition's.",
    kinds: ["text", "vector"],
    needs: "text",
    cost: "vectors",
    embeds: true,
    background: true,
  },
  "image-image": {
    description: "The cosine of an image with the condition's.",
    kinds: ["anchor", "vector"],
    needs: "image",
    cost: "vectors",
    embeds: false,
    background: true,
  },
  "neighbour-captions": {
    description:
      "How far a text agrees with the captions of the anchors whose images are nearest to the condition's.",
    kinds: ["text", "vector"],
    needs: "image",
    cost: "vectors",
    embeds: true,
    background: true,
  },
  "reverse-retrieval": {
    description:
      "Minus the logarithm of the rank of the condition's image when the text asks the store for images.",
    kinds: ["text", "vector"],
    needs: "image",
    cost: "vectors",
    embeds: true,
    background: true,
  },
  "knn-vote": {
    description: "The share of the nearest anchors' votes that a value of a metadata field gets.",
    kinds: ["text"],
    needs: "image",
    cost: "arithmetic",
    embeds: false,
    background: false,
  },
  "self-consistency": {
    description: "How like a proposal is to all others, or how often it was proposed.",
    kinds: ALL,
    needs: "nothing",
    cost: "vectors",
    embeds: true,
    background: false,
  },
  arithmetic: {
    description:
      "Works every equation of a text or of a solution's steps out: 1 where all hold, else 0 or a veto.",
    kinds: ["text", "steps"],
    needs: "nothing",
    cost: "arithmetic",
    embeds: false,
    background: false,
  },
  probe: {
    description:
      "The log-probability of a class by a linear classifier that is fitted on the anchors' images over a metadata field, or of an image being of the class `target`.",
    kinds: ["text", "anchor", "vector"],
    needs: "nothing",
    cost: "vectors",
    embeds: false,
    background: false,
  },
  onnx: {
    description:
      "What a classifier over vectors, which the operator has put into DATA_DIR/classifiers, gives a class, or an image for the class `target`.",
    kinds: ["text", "anchor", "vector"],
    needs: "nothing",
    cost: "vectors",
    embeds: false,
    background: false,
  },
  http: {
    description:
      "An endpoint of yours on a host that the operator allows: POST {condition, proposals} is answered by {scores}, a finite number or null each.",
    kinds: ALL,
    needs: "nothing",
    cost: "remote",
    embeds: false,
    background: false,
  },
};

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
