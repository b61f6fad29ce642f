import type { z } from "@hono/zod-openapi";
import type { NamedTensor, Tensors } from "../../../math/tensors.ts";
import type { adapterSettings, lossScope } from "../api/adapters.ts";

export type { NamedTensor, Tensors };

/** Everything about an adapter but its tensors. */
export type AdapterSettings = z.output<typeof adapterSettings>;
/** The widths and parts of an adapter, from which the shapes of its tensors follow. */
export type AdapterShape = AdapterSettings["shape"];
/** A layer of an encoder, by the encoder's name and digest. */
export type LayerSource = AdapterSettings["features"][number];
/** The tokens of a text that training counts. */
export type LossScope = z.output<typeof lossScope>;
export type TrainingRecord = NonNullable<AdapterSettings["training"]>;
export type EpochLoss = TrainingRecord["curve"][number];

/** Settings and tensors. */
export interface Adapter {
  readonly settings: AdapterSettings;
  /** The trained tensors, and `input.*`, the frozen projection of features, where there is one. */
  readonly tensors: ReadonlyMap<string, NamedTensor>;
  /** Of the file that it is written as: equal settings and tensors have equal hashes. */
  readonly sha256: string;
}
