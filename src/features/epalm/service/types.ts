import type { z } from "@hono/zod-openapi";
import type {
  adapterIdentity,
  adapterInputsRequest,
  injectionPlan,
  neighbour,
} from "../api/adapter-inputs.ts";
import type { EncoderRecord } from "../../../store/index.ts";
import type { AdapterSettings } from "../index.ts";
import type { AnchorId, Sequence } from "../../../types.ts";

/** An adapter as a file of this service. */
export interface AdapterFile {
  readonly settings: AdapterSettings;
  /** Of the content. */
  readonly sha256: string;
  readonly content: Uint8Array;
}

/** What a file says about an adapter. */
export interface AdapterContents {
  /** Null where the file holds weights alone. */
  readonly settings: AdapterSettings | null;
  /** The shape of each tensor, by its name. */
  readonly shapes: ReadonlyMap<string, readonly number[]>;
}

type Request = z.output<typeof adapterInputsRequest>;

/** The layers whose features are wanted, or the adapter whose output is. */
export type Wanted = Pick<Request, "layers" | "adapter">;
export type AdapterInputsRequest = Wanted & Pick<Request, "neighbours"> & Required<Pick<Request, "inputs">>;

export type AdapterIdentity = z.output<typeof adapterIdentity>;
export type InjectionPlan = z.output<typeof injectionPlan>;

/** A layer of an encoder, or an encoder that serves as one, and the last part of its id. */
export interface NamedLayer {
  readonly name: string;
  readonly encoder: EncoderRecord;
}

/** An anchor near an input. */
export interface Neighbour extends z.output<typeof neighbour> {
  readonly imageVector: Float32Array;
  readonly textVector: Float32Array;
}

/** Features of inputs, or an adapter's output for them. */
export interface AdapterInputs {
  readonly sequence: Sequence;
  readonly inputs: readonly { readonly anchor: AnchorId | null }[];
  readonly layers: readonly NamedLayer[];
  /** Features, `[batch, dimension]` a layer; absent with an adapter. */
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
  /** The nearest anchors of each input, if requested. */
  readonly neighbours?: readonly (readonly Neighbour[])[];
}
