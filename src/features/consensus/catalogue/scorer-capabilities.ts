import type { PayloadKind } from "../types.ts";
import type { ScorerName } from "./specs.ts";

/** What is told of a scorer or generator before anything is asked of it. */
export interface Capability {
  readonly description: string;
  readonly kinds: readonly PayloadKind[];
  /** What the condition must have: an image, a text, one of both, or nothing. */
  readonly needs: "image" | "text" | "either" | "nothing";
  /**
   * What most of its time goes to: `arithmetic` (microseconds a proposal), `vectors` (inner products), `retrieval` (one search
   * a proposal, all in one batch), `network` (a language model, token by token), `remote` (someone else's endpoint).
   */
  readonly cost: "arithmetic" | "vectors" | "retrieval" | "network" | "remote";
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
