import type { z } from "@hono/zod-openapi";
import type { adapterInputsRequest } from "../api/adapter-inputs.ts";
import type { EncoderRecord } from "../../../store/index.ts";
import type { AdapterRecord } from "../table.ts";
import type { AdapterSettings, LayerAction } from "../index.ts";
import type { AnchorId, Sequence } from "../../../types.ts";

type Request = z.output<typeof adapterInputsRequest>;

/** What is asked of inputs: the layers' vectors, or what an adapter makes of them. */
export type Wanted = Pick<Request, "layers" | "adapter">;
export type AdapterInputsRequest = Wanted & Pick<Request, "neighbours"> & Required<Pick<Request, "inputs">>;

/** Of an adapter, as answers tell of it. */
export type AdapterIdentity = Pick<AdapterRecord, "id" | "version" | "sha256">;

/** What a layer, or an adapter for a layer's features, is called and how wide it is. */
export interface LayerTold {
  readonly name: string;
  readonly encoder: EncoderRecord;
}

/** One input's nearest anchor. */
export interface Neighbour {
  readonly id: AnchorId;
  readonly caption: string | null;
  /** Of the image vectors: their cosine. */
  readonly similarity: number;
  readonly imageVector: Float32Array;
  readonly textVector: Float32Array;
}

/** What happens before a layer of a decoder, for one that is to see. */
export type PlannedLayer = LayerAction & { readonly layer: number };

/** Where an adapter's tokens go. */
export interface InjectionPlan {
  readonly method: "epalm" | "limber";
  readonly mode: string | null;
  /** From the first to the last layer that tokens enter before; of `limber` none, for they stand in front of all text. */
  readonly layers: readonly PlannedLayer[];
  /** What becomes of the token after them. */
  readonly afterwards: "carried" | "dropped" | null;
}

/** Numbers for a language model, with what they are of. */
export interface AdapterInputs {
  readonly sequence: Sequence;
  readonly inputs: readonly { readonly anchor: AnchorId | null }[];
  readonly layers: readonly LayerTold[];
  /** Of each layer `[batch, dimension]`; absent where an adapter was asked for. */
  readonly tokens?: readonly Float32Array[];
  readonly made?: {
    readonly adapter: AdapterIdentity;
    readonly settings: AdapterSettings;
    readonly plan: InjectionPlan;
    /** `[batch, vectors, hidden]` */
    readonly prefix: Float32Array;
    /** `[prompt, word width]`, the same for all. */
    readonly prompt: Float32Array;
  };
  /** Of each input, where they were asked for. */
  readonly neighbours?: readonly (readonly Neighbour[])[];
}
