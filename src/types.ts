/** The words of the domain that every room shares. */

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

/** Where progress and one-line news go; the terminal in the service, nowhere in most tests. */
export type Log = (line: string) => void;

export const OTHER_MODALITY: Readonly<Record<Modality, Modality>> = { image: "text", text: "image" };
