import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { readHuggingFaceFolder } from "../../src/encoders/hugging-face.ts";
import type { ImageManifest, TextManifest } from "../../src/encoders/manifest.ts";
import { temporaryDirectory } from "../support/postgres.ts";
import { imageFolder, TABLE, textFolder, writeFiles, type Files } from "./folders.ts";
import { externalTextModel, textModel } from "./models.ts";

const read = async (files: Files) => {
  const directory = join(await temporaryDirectory(), "small");
  await writeFiles(directory, files);
  return readHuggingFaceFolder(directory);
};
const readImage = async (preprocessor: Readonly<Record<string, unknown>>) =>
  ((await read(imageFolder(preprocessor))) as ImageManifest).image;
const readText = async (files: Files) => (await read({ ...textFolder(), ...files })) as TextManifest;

describe("a folder of a text encoder as Hugging Face lays it out", () => {
  it("is read under its own name", async () => {
    expect(await read(textFolder())).toMatchObject({
      id: "small",
      modality: "text",
      dimension: 3,
      pooling: "mean",
      files: {
        model: "onnx/model.onnx",
        tokenizer: "tokenizer.json",
        tokenizerConfig: "tokenizer_config.json",
      },
      text: { tokenizer: "huggingface", maxLength: 16, pad: 0 },
      source: "a local folder",
    });
  });

  it("names the hash of every file that decides its vectors", async () => {
    const { model, data } = externalTextModel(TABLE, "weights.bin");
    const { sha256 } = await readText({ "onnx/model.onnx": model, "onnx/weights.bin": data });
    expect(Object.keys(sha256).sort()).toEqual([
      "onnx/model.onnx",
      "onnx/weights.bin",
      "tokenizer.json",
      "tokenizer_config.json",
    ]);
  });

  it.each([
    [{ pooling_mode_cls_token: true, pooling_mode_mean_tokens: false }, "cls"],
    [{ pooling_mode_cls_token: false, pooling_mode_mean_tokens: true }, "mean"],
    [{ pooling_mode_mean_sqrt_len_tokens: true }, "mean"],
    [{ pooling_mode_lasttoken: true }, "last"],
  ])("pools as 1_Pooling says: %j", async (config, pooling) => {
    expect(await readText({ "1_Pooling/config.json": config })).toMatchObject({ pooling });
  });

  it.each([
    ["the maximum", { pooling_mode_max_tokens: true }],
    ["a weighted mean", { pooling_mode_weightedmean_tokens: true }],
    ["two poolings side by side", { pooling_mode_cls_token: true, pooling_mode_mean_tokens: true }],
    ["no pooling", { pooling_mode_mean_tokens: false }],
  ])("is refused where it wants %s", async (_, config) => {
    await expect(readText({ "1_Pooling/config.json": config })).rejects.toThrow(
      /1_Pooling.config\.json must ask/,
    );
  });

  it("is refused where another network follows the pooling", async () => {
    const steps = ["Transformer", "Pooling", "Dense"].map((name) => ({
      type: `sentence_transformers.models.${name}`,
    }));
    await expect(readText({ "modules.json": steps })).rejects.toThrow("modules.json: Dense is not supported");
  });

  it("finds the pooling where modules.json says it is", async () => {
    const steps = [{ type: "sentence_transformers.models.Pooling", path: "2_Pooling" }];
    const files = { "modules.json": steps, "2_Pooling/config.json": { pooling_mode_lasttoken: true } };
    expect(await readText(files)).toMatchObject({ pooling: "last" });
  });

  it.each([
    ["what it was trained with", { "sentence_bert_config.json": { max_seq_length: 5 } }, 5],
    ["what the tokenizer takes", { "tokenizer_config.json": { model_max_length: 7 } }, 7],
    ["the network's positions", { "tokenizer_config.json": { model_max_length: 1e30 } }, 16],
    ["512 tokens", { "config.json": { hidden_size: 3 }, "tokenizer_config.json": {} }, 512],
  ])("is as long as %s", async (_, files, maxLength) => {
    expect(await readText(files)).toMatchObject({ text: { maxLength } });
  });
});

describe("the ONNX file of a folder", () => {
  const model = textModel(TABLE);
  const modelOf = async (...names: string[]): Promise<string> => {
    const described = Object.entries(textFolder()).filter(([path]) => !path.endsWith(".onnx"));
    const models = names.map((name) => [name, model] as const);
    return (await read(Object.fromEntries([...described, ...models]))).files.model;
  };

  it("is the whole network rather than a smaller form of it", async () => {
    expect(await modelOf("onnx/model_quantized.onnx", "onnx/model_fp16.onnx", "onnx/model.onnx")).toBe(
      "onnx/model.onnx",
    );
    expect(await modelOf("onnx/model_quantized.onnx", "model.onnx")).toBe("model.onnx");
    expect(await modelOf("onnx/model_int8.onnx", "onnx/model_q4.onnx")).toBe("onnx/model_int8.onnx");
  });

  it("is the only one there is, whatever its name", async () => {
    expect(await modelOf("encoder.onnx")).toBe("encoder.onnx");
  });

  it("is not guessed where there are several of other names", async () => {
    await expect(modelOf("a.onnx", "b.onnx")).rejects.toThrow("the choice is open: there are a.onnx, b.onnx");
  });

  it("is missed where there is none", async () => {
    await expect(modelOf()).rejects.toThrow('Encoder folder "small": there is no ONNX file.');
  });

  it("is refused where it is none", async () => {
    await expect(readText({ "onnx/model.onnx": new Uint8Array([0xff, 0xff, 0xff]) })).rejects.toThrow(
      "onnx/model.onnx is not an ONNX file.",
    );
  });

  it("is refused where its weights are missing", async () => {
    const { model: outside } = externalTextModel(TABLE, "weights.bin");
    await expect(readText({ "onnx/model.onnx": outside })).rejects.toThrow("onnx/weights.bin is missing");
  });
});

describe("a folder of an image encoder as Hugging Face lays it out", () => {
  it("is read with its preprocessing", async () => {
    expect(await read(imageFolder())).toMatchObject({
      modality: "image",
      pooling: "cls",
      dimension: 3,
      image: {
        width: 4,
        height: 4,
        resize: "stretch",
        interpolation: "nearest",
        rescale: 1 / 255,
        mean: [0.5, 0.5, 0.5],
        std: [0.25, 0.5, 1],
        layout: "nchw",
        channels: "rgb",
      },
    });
  });

  it("resizes the shortest edge and crops the centre, as DINOv2 does", async () => {
    const image = await readImage({
      image_processor_type: "BitImageProcessor",
      size: { shortest_edge: 256 },
      do_center_crop: true,
      crop_size: { height: 224, width: 224 },
      resample: 3,
    });
    expect(image).toMatchObject({
      resize: "shortest-edge",
      shortestEdge: 256,
      width: 224,
      height: 224,
      interpolation: "bicubic",
    });
  });

  it("stretches to a square before the crop, as DeiT does", async () => {
    const image = await readImage({
      image_processor_type: "DeiTImageProcessor",
      size: 256,
      do_center_crop: true,
      crop_size: 224,
    });
    expect(image).toMatchObject({
      resize: "stretch",
      stretchTo: { width: 256, height: 256 },
      width: 224,
      height: 224,
    });
  });

  it("takes a size that is a number as the processor does that is named", async () => {
    expect(
      await readImage({
        feature_extractor_type: "CLIPFeatureExtractor",
        image_processor_type: undefined,
        size: 8,
      }),
    ).toMatchObject({
      resize: "shortest-edge",
      shortestEdge: 8,
    });
    expect(await readImage({ image_processor_type: "ViTImageProcessorFast", size: 8 })).toMatchObject({
      resize: "stretch",
      width: 8,
    });
    await expect(readImage({ image_processor_type: "NewImageProcessor", size: 8 })).rejects.toThrow(
      "may be a square or a shortest edge",
    );
  });

  it("resizes to more than the crop below 384 pixels, as ConvNext does", async () => {
    const convNext = { image_processor_type: "ConvNextImageProcessor", crop_pct: 0.875 };
    expect(await readImage({ ...convNext, size: { shortest_edge: 224 } })).toMatchObject({
      resize: "shortest-edge",
      shortestEdge: 256,
      width: 224,
    });
    expect(await readImage({ ...convNext, size: { shortest_edge: 384 } })).toMatchObject({
      resize: "stretch",
      width: 384,
    });
  });

  it("leaves out the steps that are switched off", async () => {
    const image = await readImage({ do_rescale: false, do_normalize: false, do_flip_channel_order: true });
    expect(image).toMatchObject({ rescale: 1, mean: [0, 0, 0], std: [1, 1, 1], channels: "bgr" });
  });

  it.each([
    [
      "a crop that would be padded",
      { size: { shortest_edge: 4 }, do_center_crop: true, crop_size: 8 },
      "crops more",
    ],
    ["images as they come", { do_resize: false }, "do_resize false"],
    ["padding", { do_pad: true }, "do_pad"],
    ["a filter that is not known", { resample: 4 }, "resample 4"],
    ["a mean that it does not name", { image_mean: undefined }, "image_mean"],
    ["a longest edge", { size: { longest_edge: 8 } }, "size must be a number"],
    ["a processor of its own ways", { image_processor_type: "LevitImageProcessor" }, "Levit"],
    ["a deviation of zero", { image_std: [0, 1, 1] }, "image.std.0"],
  ])("is refused where it wants %s", async (_, preprocessor, message) => {
    await expect(readImage(preprocessor)).rejects.toMatchObject({
      code: "corrupt-file",
      message: expect.stringContaining(message) as string,
    });
  });
});

describe("a folder that is no encoder", () => {
  it.each([
    ["config.json is missing", { "config.json": undefined }],
    ["config.json is not JSON", { "config.json": new TextEncoder().encode("{") }],
    ["config.json names no hidden_size", { "config.json": {} }],
    ["config.json: hidden_size", { "config.json": { hidden_size: "many" } }],
    ["there is neither preprocessor_config.json", { "tokenizer.json": undefined }],
  ])("is refused in words: %s", async (message, files: Files) => {
    const given = Object.entries({ ...textFolder(), ...files }).filter(
      ([, content]) => content !== undefined,
    );
    await expect(read(Object.fromEntries(given))).rejects.toMatchObject({
      code: "corrupt-file",
      message: expect.stringContaining(`Encoder folder "small": ${message}`) as string,
    });
  });
});
