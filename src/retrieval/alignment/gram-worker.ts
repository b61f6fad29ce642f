import { closeProducts } from "../../math/linear-algebra/index.ts";
import type { AlignmentKind } from "../../types.ts";
import type { WorkerContext } from "../../worker.ts";
import { fitAlignment } from "./fit.ts";
import { updateGram, type Gram, type Pairs } from "./gram.ts";
import type { Alignment } from "./types.ts";

export interface GramUpdate {
  readonly pairs: Pairs;
  readonly how: "add" | "remove";
}

export interface GramCalls {
  readonly update: (update: GramUpdate) => Promise<void>;
  readonly fit: (kind: AlignmentKind) => Promise<Alignment | null>;
  /** The last call: the matrix is transferred back. */
  readonly finish: () => Gram;
  readonly close: () => Promise<void>;
}

/** @param gram transferred; unusable afterwards */
export const open = (gram: Gram, { move }: WorkerContext): GramCalls => ({
  update: ({ pairs, how }) => updateGram(gram, pairs, how),
  fit: (kind) => fitAlignment(gram, kind),
  finish: () => move(gram, buffersOf(gram)),
  close: closeProducts,
});

/** The buffers of a Gram matrix, which move between threads. */
export const buffersOf = ({ imageSums, textSums, images, texts, cross }: Gram): ArrayBuffer[] =>
  [imageSums, textSums, images, texts, cross].map(({ buffer }) => buffer as ArrayBuffer);
