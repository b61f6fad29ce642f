/** Domain types that every layer shares. */

import type { Modality } from "./api/values.ts";

export type { AsifParameters, AsifSetting, Negatives } from "./api/asif.ts";
export type {
  AnchorId,
  CollectionName,
  EncoderId,
  JsonValue,
  Metadata,
  Modality,
  Sequence,
} from "./api/values.ts";
export type { Transform, TransformKind } from "./api/transforms.ts";
export type { AlignmentKind, Ensemble, Method } from "./api/methods.ts";
export type { CollectionDefaults } from "./api/collections.ts";
export type { EncoderInfo, EncoderLayer, ListedEncoder } from "./api/service.ts";

/** What a log line holds beside its message, such as a collection's name; `error` for what was thrown. */
export type LogFields = Readonly<Record<string, unknown>>;

/** Where news of the work goes: the service's log, a command's terminal, nowhere in most tests. */
export interface Log {
  readonly debug: (message: string, fields?: LogFields) => void;
  readonly info: (message: string, fields?: LogFields) => void;
  /** Something did not work, and the service goes on without it. */
  readonly warn: (message: string, fields?: LogFields) => void;
  /** A defect of the service, or work that failed. */
  readonly error: (message: string, fields?: LogFields) => void;
  /** The same log, each line with `fields` as well. */
  readonly child: (fields: LogFields) => Log;
}

/** The modality at the other end of a pair. */
export const OTHER_MODALITY: Readonly<Record<Modality, Modality>> = { image: "text", text: "image" };
