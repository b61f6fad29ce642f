import { SCORER_SCHEMAS, type ScorerName, type ScorerSpecOf } from "../api/scorers.ts";
import type { ScorerEntry, ScorerSpec } from "../plug.ts";
import {
  createArithmeticScorer,
  createAsifScorer,
  createConsistencyScorer,
  createCsaScorer,
  createHttpScorer,
  createImageImageScorer,
  createKnnVoteScorer,
  createLocalScorer,
  createNeighbourCaptionsScorer,
  createOnnxClassifierScorer,
  createProbeScorer,
  createReverseRetrievalScorer,
  createTextTextScorer,
  createVotesScorer,
} from "../scorers/index.ts";
import { checkProbe, classifierOf } from "./classes.ts";

const ACROSS = ["text", "anchor", "vector"] as const;
const ALL = ["text", "anchor", "vector", "steps", "action"] as const;

/** The settings that every scorer takes, under the name that it has in the answer. */
const settingsOf = ({ name, as, calibration, onFailure, timeoutMs }: ScorerSpec) => ({
  name: as ?? name,
  ...(calibration === undefined ? {} : { calibration }),
  ...(onFailure === undefined ? {} : { onFailure }),
  ...(timeoutMs === undefined ? {} : { timeoutMs }),
});

/** The scorers of consensus itself, one entry for each schema. */
export const SCORERS: { readonly [Name in ScorerName]: ScorerEntry<ScorerSpecOf<Name>> } = {
  asif: {
    description:
      "How well a text describes the condition's images, or an image shows its text: the cosine of relative representations.",
    kinds: ACROSS,
    needs: "either",
    cost: "retrieval",
    embeds: true,
    background: true,
    schema: SCORER_SCHEMAS.asif,
    make: (spec, { scene }) => createAsifScorer(scene, settingsOf(spec)),
  },
  local: {
    description:
      "How well text and image fit by regression over the 100 anchors nearest to each, scaled by reference captions.",
    kinds: ACROSS,
    needs: "either",
    cost: "retrieval",
    embeds: true,
    background: true,
    schema: SCORER_SCHEMAS.local,
    make: (spec, { scene }) => createLocalScorer(scene, "local", settingsOf(spec)),
  },
  "asif+local": {
    description:
      "The sum of `asif` and `local`, scaled by reference captions: the method of new collections.",
    kinds: ACROSS,
    needs: "either",
    cost: "retrieval",
    embeds: true,
    background: true,
    schema: SCORER_SCHEMAS["asif+local"],
    make: (spec, { scene }) => createLocalScorer(scene, "asif+local", settingsOf(spec)),
  },
  csa: {
    description:
      "How well text and image fit by a linear map that is fitted on the anchors: the weighted cosine of canonical directions.",
    kinds: ACROSS,
    needs: "either",
    cost: "vectors",
    embeds: true,
    background: true,
    schema: SCORER_SCHEMAS.csa,
    make: (spec, { scene }) => createCsaScorer(scene, { ...spec, ...settingsOf(spec) }),
  },
  "text-text": {
    description: "The cosine of a text with the condition's.",
    kinds: ["text", "vector"],
    needs: "text",
    cost: "vectors",
    embeds: true,
    background: true,
    schema: SCORER_SCHEMAS["text-text"],
    make: (spec, { scene }) => createTextTextScorer(scene, settingsOf(spec)),
  },
  "image-image": {
    description: "The cosine of an image with the condition's.",
    kinds: ["anchor", "vector"],
    needs: "image",
    cost: "vectors",
    embeds: false,
    background: true,
    schema: SCORER_SCHEMAS["image-image"],
    make: (spec, { scene }) => createImageImageScorer(scene, settingsOf(spec)),
  },
  "neighbour-captions": {
    description:
      "How far a text agrees with the captions of the anchors whose images are nearest to the condition's.",
    kinds: ["text", "vector"],
    needs: "image",
    cost: "vectors",
    embeds: true,
    background: true,
    schema: SCORER_SCHEMAS["neighbour-captions"],
    make: (spec, { scene }) => createNeighbourCaptionsScorer(scene, { ...spec, ...settingsOf(spec) }),
  },
  "reverse-retrieval": {
    description:
      "Minus the logarithm of the rank of the condition's image when the text asks the store for images.",
    kinds: ["text", "vector"],
    needs: "image",
    cost: "vectors",
    embeds: true,
    background: true,
    schema: SCORER_SCHEMAS["reverse-retrieval"],
    make: (spec, { scene }) => createReverseRetrievalScorer(scene, { ...spec, ...settingsOf(spec) }),
  },
  "knn-vote": {
    description: "The share of the nearest anchors' votes that a value of a metadata field gets.",
    kinds: ["text"],
    needs: "image",
    cost: "arithmetic",
    embeds: false,
    background: false,
    schema: SCORER_SCHEMAS["knn-vote"],
    fieldOf: ({ field }) => field,
    make: (spec, { scene }) => createKnnVoteScorer(scene, { ...spec, ...settingsOf(spec) }),
  },
  "self-consistency": {
    description: "How like a proposal is to all others, or how often it was proposed.",
    kinds: ALL,
    needs: "nothing",
    cost: "vectors",
    embeds: true,
    background: false,
    schema: SCORER_SCHEMAS["self-consistency"],
    // Votes count what is equal.
    embedsWith: ({ by }) => by !== "votes",
    make: (spec, { scene }) =>
      spec.by === "votes"
        ? createVotesScorer(settingsOf(spec))
        : createConsistencyScorer(scene, settingsOf(spec)),
  },
  arithmetic: {
    description:
      "Works every equation of a text or of a solution's steps out: 1 where all hold, else 0 or a veto.",
    kinds: ["text", "steps"],
    needs: "nothing",
    cost: "arithmetic",
    embeds: false,
    background: false,
    schema: SCORER_SCHEMAS.arithmetic,
    make: (spec) => createArithmeticScorer({ ...spec, ...settingsOf(spec) }),
  },
  probe: {
    description:
      "The log-probability of a class by a linear classifier that is fitted on the anchors' images over a metadata field, or of an image being of the class `target`.",
    kinds: ["text", "anchor", "vector"],
    needs: "nothing",
    cost: "vectors",
    embeds: false,
    background: false,
    schema: SCORER_SCHEMAS.probe,
    make: (spec, { scene }, path) => {
      checkProbe(scene, spec, path);
      return createProbeScorer(scene, { ...spec, ...settingsOf(spec) });
    },
  },
  onnx: {
    description:
      "What a classifier over vectors, which the operator has put into DATA_DIR/classifiers, gives a class, or an image for the class `target`.",
    kinds: ["text", "anchor", "vector"],
    needs: "nothing",
    cost: "vectors",
    embeds: false,
    background: false,
    schema: SCORER_SCHEMAS.onnx,
    make: async (spec, means, path) =>
      createOnnxClassifierScorer(means.scene, {
        ...settingsOf(spec),
        classifier: await classifierOf(spec, means, path),
        ...(spec.target === undefined ? {} : { target: spec.target }),
      }),
  },
  http: {
    description:
      "An endpoint of yours on a host that the operator allows: POST {condition, proposals} is answered by {scores}, a finite number or null each.",
    kinds: ALL,
    needs: "nothing",
    cost: "remote",
    embeds: false,
    background: false,
    schema: SCORER_SCHEMAS.http,
    make: (spec, { remotes, shownCondition }, path) => {
      const { name, ...settings } = settingsOf(spec);
      return createHttpScorer({
        ...settings,
        ...(spec.as === undefined ? {} : { name }),
        remote: remotes.open(spec, [...path, "url"]),
        condition: shownCondition,
      });
    },
  },
};
