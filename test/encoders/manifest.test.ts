import { describe, expect, it } from "vitest";
import { fingerprintOf } from "../../src/encoders/fingerprint.ts";
import { encoderManifest } from "../../src/encoders/manifest.ts";

const HASH = "a".repeat(64);
const OTHER = "b".repeat(64);

const common = { version: 1, id: "mine", dimension: 3, source: "here", licence: "MIT" };
const text = {
  ...common,
  modality: "text",
  files: { model: "model.onnx", tokenizer: "tokenizer.json" },
  sha256: { "model.onnx": HASH, "tokenizer.json": HASH },
  text: { maxLength: 16 },
};
const image = {
  ...common,
  modality: "image",
  files: { model: "model.onnx" },
  sha256: { "model.onnx": HASH },
  image: { width: 8, height: 8 },
};

const faultsOf = (manifest: unknown): string[] =>
  encoderManifest
    .safeParse(manifest)
    .error?.issues.map(({ path, message }) => `${path.join(".")}: ${message}`) ?? [];
const fingerprint = (manifest: unknown): string => fingerprintOf(encoderManifest.parse(manifest));

describe("encoder.json", () => {
  it("needs only what cannot be supposed", () => {
    expect(encoderManifest.parse(text)).toMatchObject({
      default: false,
      pooling: "none",
      inputs: { ids: "input_ids", mask: "attention_mask", types: "token_type_ids" },
      text: { tokenizer: "huggingface", pad: 0 },
    });
    expect(encoderManifest.parse(image)).toMatchObject({
      image: { resize: "cover", rescale: 1 / 255, layout: "nchw", channels: "rgb" },
    });
  });

  it.each([
    ["at its top", { ...text, pool: "cls" }, "pool"],
    ["of the text", { ...text, text: { maxLength: 16, lower: true } }, "lower"],
    ["of the image", { ...image, image: { width: 8, height: 8, centre: true } }, "centre"],
    ["of the inputs", { ...image, inputs: { image: "x", mask: "y" } }, "mask"],
    ["of the files", { ...image, files: { model: "model.onnx", extra: "y" } }, "extra"],
  ])("is refused with the name of a key %s that is not known", (_, manifest, key) => {
    expect(faultsOf(manifest).join()).toContain(`Unrecognized key: "${key}"`);
  });

  it.each([
    ["no hash at all", {}, ["sha256.model.onnx: is missing", "sha256.tokenizer.json: is missing"]],
    ["no hash of the network", { "tokenizer.json": HASH }, ["sha256.model.onnx: is missing"]],
    ["no hash of the tokenizer", { "model.onnx": HASH }, ["sha256.tokenizer.json: is missing"]],
  ])("is refused with %s", (_, sha256, faults) => {
    expect(faultsOf({ ...text, sha256 })).toEqual(faults);
  });

  it.each(["../model.onnx", "/model.onnx", "a/../../model.onnx", "C:\\model.onnx", "", "./model.onnx"])(
    "is refused where it names a file outside of its folder: %s",
    (model) => {
      const manifest = {
        ...text,
        files: { ...text.files, model },
        sha256: { ...text.sha256, [model]: HASH },
      };
      expect(faultsOf(manifest).join()).toContain("files.model: must be a path in the folder");
    },
  );

  it.each([
    ["a crop larger than the edge", { resize: "shortest-edge", shortestEdge: 4 }, "image: crops more"],
    [
      "a crop larger than the stretch",
      { stretchTo: { width: 9, height: 7 }, resize: "stretch" },
      "image: crops more",
    ],
    [
      "an edge that the resize does not use",
      { resize: "cover", shortestEdge: 9 },
      "image: takes shortestEdge",
    ],
    ["an input that would fill the memory", { width: 100_000 }, "image.width: "],
    ["a deviation of zero", { std: [1, 0, 1] }, "image.std.1: "],
  ])("is refused with %s", (_, given, fault) => {
    expect(faultsOf({ ...image, image: { ...image.image, ...given } }).join()).toContain(fault);
  });
});

describe("the sha256 of an encoder", () => {
  it("does not depend on its name, its words, or the order of its keys", () => {
    const other = { ...text, id: "yours", source: "there", licence: "BSD", default: true };
    expect(fingerprint(Object.fromEntries(Object.entries(other).reverse()))).toBe(fingerprint(text));
  });

  it.each([
    ["the weights", { ...text, sha256: { ...text.sha256, "model.onnx": OTHER } }],
    ["weights in another file", { ...text, sha256: { ...text.sha256, "model.onnx_data": OTHER } }],
    ["the tokenizer", { ...text, sha256: { ...text.sha256, "tokenizer.json": OTHER } }],
    ["the length", { ...text, text: { maxLength: 17 } }],
    ["the pooling", { ...text, pooling: "cls" }],
    ["the output", { ...text, output: "pooled" }],
  ])("changes with %s", (_, manifest) => {
    expect(fingerprint(manifest)).not.toBe(fingerprint(text));
  });

  it.each([
    ["the size", { width: 9 }],
    ["the way of resizing", { resize: "contain" }],
    ["the filter", { interpolation: "bicubic" }],
    ["the background", { background: "#000000" }],
    ["the mean", { mean: [0.1, 0, 0] }],
    ["the order of the channels", { channels: "bgr" }],
  ])("changes with the preprocessing: %s", (_, given) => {
    expect(fingerprint({ ...image, image: { ...image.image, ...given } })).not.toBe(fingerprint(image));
  });
});
