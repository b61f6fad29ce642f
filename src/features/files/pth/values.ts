/** What a pickle may be made of here. Nothing in it is ever run. */
export type Pickled =
  | null
  | boolean
  | number
  | bigint
  | string
  | Uint8Array
  | readonly Pickled[]
  | PickledDict
  | PickledGlobal
  | PickledStorage
  | PickledTensor;

/** A dictionary; its keys are as Python has them. */
export interface PickledDict {
  readonly kind: "dict";
  readonly entries: Map<Pickled, Pickled>;
}

/** A name out of a module, of the few that are known. */
export interface PickledGlobal {
  readonly kind: "global";
  readonly name: string;
}

/** A flat list of numbers that tensors are views of. */
export interface PickledStorage {
  readonly kind: "storage";
  /** Such as `FloatStorage`. */
  readonly type: string;
  readonly key: string;
  readonly count: number;
  /** The numbers, if the pickle carries them; otherwise they are the archive's entry `data/<key>`. */
  readonly bytes?: Uint8Array;
}

/** A view of a storage. */
export interface PickledTensor {
  readonly kind: "tensor";
  readonly storage: PickledStorage;
  readonly offset: number;
  readonly shape: readonly number[];
  readonly strides: readonly number[];
}

export const isKind = <Kind extends "dict" | "global" | "storage" | "tensor">(
  value: Pickled | undefined,
  kind: Kind,
): value is Extract<Pickled, { readonly kind: Kind }> =>
  typeof value === "object" && value !== null && "kind" in value && value.kind === kind;
