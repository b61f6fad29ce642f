/** Domain types that every layer shares. */

import type { Modality } from "./api/values.ts";

export type {
  AnchorId,
  CollectionName,
  EncoderId,
  JsonValue,
  Metadata,
  Modality,
  Sequence,
  TransformKind,
} from "./api/values.ts";
export type { AlignmentKind, Ensemble, Method } from "./api/methods.ts";
export type { AsifParameters, CollectionDefaults } from "./api/collections.ts";
export type { EncoderInfo, EncoderLayer, ListedEncoder } from "./api/service.ts";

/** Receives progress messages, one line each. The service writes them to the terminal; most tests discard them. */
export type Log = (line: string) => void;

/** The modality at the other end of a pair. */
export const OTHER_MODALITY: Readonly<Record<Modality, Modality>> = { image: "text", text: "image" };
