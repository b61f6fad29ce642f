import { z } from "zod";
import { AnchorageError } from "../../../errors.ts";

/** The weights manifest of a TF.js model: names, shapes, types and order of the weights in the shards. */
export const weightsManifest = z.array(
  z.object({
    paths: z.array(z.string()),
    weights: z.array(
      z.object({
        name: z.string(),
        shape: z.array(z.number().int().nonnegative()),
        dtype: z.enum(["float32", "int32"]),
        quantization: z
          .object({ min: z.number(), scale: z.number(), dtype: z.enum(["uint8", "uint16"]) })
          .optional(),
      }),
    ),
  }),
);

export type WeightsManifest = z.infer<typeof weightsManifest>;

/** One weight tensor, row-major. */
export interface Weight {
  readonly shape: readonly number[];
  readonly dtype: "float32" | "int32";
  readonly values: Float32Array | Int32Array;
}

/**
 * Reads the weights from the concatenated shards. Quantised weights are dequantised as in TF.js: `value * scale + min`,
 * rounded for integers.
 *
 * @returns weights by name
 * @throws AnchorageError `corrupt-file` if the length of `shards` does not match the manifest
 * @example
 * ```ts
 * const { manifest, shards } = parseGraphModel(JSON.parse(await readFile("model.json", "utf8")));
 * const weights = readWeights(manifest, Buffer.concat(await Promise.all(shards.map((file) => readFile(file)))));
 * ```
 */
export const readWeights = (manifest: WeightsManifest, shards: Uint8Array): Map<string, Weight> => {
  const weights = new Map<string, Weight>();
  let offset = 0;
  const take = (bytes: number): ArrayBuffer => {
    if (offset + bytes > shards.length) throw corrupt(shards.length, "more");
    // Copy, because the offset may not be a multiple of four.
    const copy = new Uint8Array(bytes);
    copy.set(shards.subarray(offset, offset + bytes));
    offset += bytes;
    return copy.buffer;
  };
  for (const { name, shape, dtype, quantization } of manifest.flatMap((group) => group.weights)) {
    const size = shape.reduce((product, extent) => product * extent, 1);
    const kind = quantization?.dtype ?? dtype;
    const raw = RAW[kind](take(size * BYTES[kind]));
    const { scale, min } = quantization ?? { scale: 1, min: 0 };
    const values = dtype === "float32" ? new Float32Array(raw.length) : new Int32Array(raw.length);
    // A plain loop: an iterator over some ten million weights would add seconds to the first start.
    for (let i = 0; i < raw.length; i++) {
      const value = (raw[i] ?? 0) * scale + min;
      values[i] = dtype === "float32" ? value : Math.round(value);
    }
    weights.set(name, { shape, dtype, values });
  }
  if (offset !== shards.length) throw corrupt(shards.length, "less");
  return weights;
};

const BYTES = { float32: 4, int32: 4, uint8: 1, uint16: 2 } as const;
const RAW = {
  float32: (buffer: ArrayBuffer) => new Float32Array(buffer),
  int32: (buffer: ArrayBuffer) => new Int32Array(buffer),
  uint8: (buffer: ArrayBuffer) => new Uint8Array(buffer),
  uint16: (buffer: ArrayBuffer) => new Uint16Array(buffer),
} as const;

const corrupt = (length: number, than: string): AnchorageError =>
  new AnchorageError(
    "corrupt-file",
    `The weight shards hold ${length} bytes; the manifest asks for ${than}.`,
  );
