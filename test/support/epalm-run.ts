import { InferenceSession, Tensor } from "onnxruntime-node";
import { expect } from "vitest";
import type { InjectionMode, Shape } from "../../src/features/epalm/index.ts";
import type { ReferenceCase } from "./epalm-reference.ts";

export type Feeds = Record<string, Tensor>;

export const ints = (rows: readonly (readonly number[])[]): Tensor =>
  new Tensor("int64", BigInt64Array.from(rows.flat(), BigInt), [rows.length, rows[0]?.length ?? 0]);

export const floats = (data: Float32Array, dims: readonly number[]): Tensor =>
  new Tensor("float32", data, dims);

export const shapeOf = (item: ReferenceCase, mode: InjectionMode): Shape => ({
  prompt: item.prompt.len,
  vision: {
    kind: "epalm",
    mode,
    tokens: 1,
    injection: {
      startLayer: item.config.start_layer_idx,
      endLayer: item.config.end_layer_idx,
      vectors: item.injected_hidden_states,
      textStep: item.config.text_step,
    },
  },
});

export const run = async (bytes: Uint8Array, feeds: Feeds): Promise<Record<string, Tensor>> => {
  const session = await InferenceSession.create(bytes);
  try {
    return await session.run(feeds);
  } finally {
    await session.release();
  }
};

export const kept = (from: Readonly<Record<string, Tensor>>, name: string): Tensor => {
  const tensor = from[name];
  if (tensor === undefined) throw new Error(`there is no ${name}`);
  return tensor;
};

export const numbers = (tensor: Tensor | undefined): Float32Array => tensor?.data as Float32Array;

export const furthest = (found: ArrayLike<number>, expected: ArrayLike<number>): number => {
  expect(found.length).toBe(expected.length);
  let most = 0;
  for (let i = 0; i < found.length; i++)
    most = Math.max(most, Math.abs((found[i] ?? NaN) - (expected[i] ?? NaN)));
  return most;
};

/** What should follow each token. */
export const targetsOf = (item: ReferenceCase): Tensor =>
  ints(item.labels.map((row) => [...row.slice(1), -100]));
