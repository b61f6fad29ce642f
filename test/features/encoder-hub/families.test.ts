import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { readFolder } from "../../../src/encoders/index.ts";
import { addEncoderFolder, type AddFolderOptions } from "../../../src/features/encoder-hub/add-folder.ts";
import { imageFolder, openRegistry, TABLE, textFolder, unit, writeFiles } from "../../encoders/folders.ts";
import { imageModel, towerModel } from "../../encoders/models.ts";
import { temporaryDirectory } from "../../support/postgres.ts";

/** Facts of the published configurations; sizes are those of the small networks of these tests. */
const IMAGENET = { image_mean: [0.485, 0.456, 0.406], image_std: [0.229, 0.224, 0.225] };
const DINO_V3 = {
  ...{ crop_size: null, do_center_crop: null, do_convert_rgb: null, do_normalize: true, do_rescale: true },
  ...{ do_resize: true, image_processor_type: "DINOv3ViTImageProcessorFast", resample: 2, ...IMAGENET },
  ...{ rescale_factor: 1 / 255, size: { height: 8, width: 8 } },
};
const SIGLIP = {
  ...{ do_convert_rgb: null, do_normalize: true, do_rescale: true, do_resize: true, resample: 2 },
  ...{
    image_processor_type: "SiglipImageProcessor",
    image_mean: [0.5, 0.5, 0.5],
    image_std: [0.5, 0.5, 0.5],
  },
  size: { height: 8, width: 8 },
};
const SIGLIP_CONFIG = {
  model_type: "siglip",
  text_config: { model_type: "siglip_text_model", vocab_size: 10 },
  vision_config: { model_type: "siglip_vision_model" },
};
const MOBILE_CLIP = {
  ...{ crop_size: { height: 8, width: 8 }, do_center_crop: true, do_normalize: false, do_resize: true },
  ...{ image_processor_type: "CLIPFeatureExtractor", resample: 2, size: { shortest_edge: 8 } },
};

const add = async (files: Record<string, unknown>, options: Partial<AddFolderOptions> = {}) => {
  const folder = await temporaryDirectory();
  await writeFiles(folder, files);
  const directory = await temporaryDirectory();
  const added = await addEncoderFolder(folder, { directory, id: "added", ...options });
  return { ...added, root: directory, manifest: (await readFolder(added.directory)).manifest };
};
const without = (files: Record<string, unknown>, ...names: string[]) =>
  Object.fromEntries(Object.entries(files).filter(([name]) => !names.includes(name)));
const towers = {
  ...without(textFolder(), "onnx/model.onnx", "config.json"),
  "config.json": SIGLIP_CONFIG,
  "preprocessor_config.json": SIGLIP,
  "onnx/vision_model.onnx": towerModel("pooler_output"),
  "onnx/text_model.onnx": towerModel("pooler_output", TABLE),
};

describe("adding a published family", () => {
  it("reads DINOv3, whose options are null where they are left at their standard", async () => {
    const files = { ...imageFolder(), "preprocessor_config.json": DINO_V3 };
    const { manifest, poolingFrom } = await add({
      ...files,
      "config.json": { model_type: "dinov3_vit", hidden_size: 3, num_register_tokens: 4 },
    });
    expect(manifest).toMatchObject({ pooling: "cls", image: { resize: "stretch", resampler: "pillow" } });
    expect(poolingFrom).toContain("DINOv3");
  });

  it("puts CLS beside the mean of the patches, without the registers, where that is asked for", async () => {
    const files = { ...imageFolder(), "preprocessor_config.json": DINO_V3, "onnx/model.onnx": imageModel() };
    const { manifest } = await add(
      { ...files, "config.json": { model_type: "dinov3_vit", hidden_size: 3, num_register_tokens: 4 } },
      { pooling: "cls+mean" },
    );
    expect(manifest).toMatchObject({ pooling: "cls+mean", dimension: 6, prefixTokens: 5 });
  });

  it("reads the image tower of SigLIP from nested configurations that leave out its width", async () => {
    const { manifest } = await add(towers, { tower: "image" });
    expect(manifest).toMatchObject({
      modality: "image",
      pooling: "none",
      output: "pooler_output",
      dimension: 3,
    });
  });

  it("pads each text of SigLIP to its limit, and puts it in lower case for Gemma's tokenizer", async () => {
    const config = { tokenizer_class: "GemmaTokenizer", pad_token: "[PAD]", model_max_length: 64 };
    const tokenizer = { ...(textFolder()["tokenizer.json"] as object), normalizer: { type: "NFC" } };
    const { manifest, root } = await add(
      { ...towers, "tokenizer_config.json": config, "tokenizer.json": tokenizer },
      { tower: "text" },
    );
    expect(manifest).toMatchObject({ text: { maxLength: 64, padTo: 64, pad: 0, lowerCase: true } });
    const { registry } = await openRegistry(root);
    const row = await registry.encodeTexts(registry.defaultOf("text").id, ["RED"]);
    const ids = [2, 4, 3, ...new Array<number>(61).fill(0)];
    const sum = [0, 1, 2].map((i) => ids.reduce((total, id) => total + (TABLE[id]?.[i] ?? 0), 0));
    unit(sum).forEach((value, i) => expect(row[i]).toBeCloseTo(value, 5));
  });

  it("measures the width of MobileCLIP, whose config.json names nothing but its kind", async () => {
    const files = {
      "config.json": { model_type: "clip" },
      "preprocessor_config.json": MOBILE_CLIP,
      "onnx/vision_model.onnx": towerModel("image_embeds"),
    };
    const { manifest } = await add(files, { tower: "image" });
    expect(manifest).toMatchObject({
      dimension: 3,
      image: { shortestEdge: 8, mean: [0, 0, 0], std: [1, 1, 1] },
    });
  });

  it("refuses a config that contradicts the graph, and a model of two towers without a choice", async () => {
    const contradicting = { ...SIGLIP_CONFIG, vision_config: { hidden_size: 7 } };
    await expect(add({ ...towers, "config.json": contradicting }, { tower: "image" })).rejects.toThrow(
      "config.json says that the vectors have 7 numbers, and the network's output pooler_output has 3.",
    );
    await expect(add(towers)).rejects.toThrow("pass --tower image or --tower text");
  });

  it("refuses a tokenizer of an unknown kind", async () => {
    const tokenizer = { model: { type: "Mystery", vocab: {} } };
    await expect(add({ ...towers, "tokenizer.json": tokenizer }, { tower: "text" })).rejects.toThrow(
      "tokenizer.json is of the kind Mystery",
    );
  });

  it("reads open_clip_config.json where no other file describes the preprocessing", async () => {
    const config = { model_cfg: { embed_dim: 3, vision_cfg: { image_size: 8 } }, preprocess_cfg: {} };
    const { manifest } = await add({
      "open_clip_config.json": config,
      "vision_model.onnx": towerModel("image_embeds"),
    });
    expect(manifest).toMatchObject({
      image: { width: 8, resize: "shortest-edge", interpolation: "bicubic", cropRounding: "even" },
    });
  });

  it("reads timm's config.json, which resizes to more than it crops", async () => {
    const pretrained = {
      input_size: [3, 8, 8],
      crop_pct: 0.8,
      interpolation: "bilinear",
      crop_mode: "center",
    };
    const { manifest } = await add({
      "config.json": { architecture: "resnet50", num_features: 3, pretrained_cfg: pretrained },
      "model.onnx": towerModel("features"),
    });
    expect(manifest).toMatchObject({ pooling: "none", image: { width: 8, shortestEdge: 10 } });
  });

  it("takes the precision that is asked for", async () => {
    const files = { ...towers, "onnx/vision_model_fp16.onnx": towerModel("pooler_output") };
    const { manifest } = await add(files, { tower: "image", precision: "fp16" });
    expect(manifest.files.model).toBe(join("onnx", "vision_model_fp16.onnx"));
    await expect(add(files, { tower: "image", precision: "q4" })).rejects.toThrow(
      "there is no vision_model.onnx in q4",
    );
  });
});
