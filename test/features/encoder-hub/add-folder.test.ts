import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { addEncoderFolder } from "../../../src/features/encoder-hub/add-folder.ts";
import { openRegistry, pooledTextFolder, TABLE, textFolder, writeFiles } from "../../encoders/folders.ts";
import { externalTextModel, textModel } from "../../encoders/models.ts";
import { temporaryDirectory } from "../../support/postgres.ts";

describe("adding an encoder from a folder", () => {
  it("copies what it needs and nothing else, and the registry finds it", async () => {
    const folder = join(await temporaryDirectory(), "mine");
    await writeFiles(folder, {
      ...pooledTextFolder(),
      "pytorch_model.bin": { weights: [] },
      "README.md": { text: "about" },
    });
    const directory = await temporaryDirectory();
    const added = await addEncoderFolder(folder, { directory });
    expect(added).toMatchObject({ pooling: "mean", info: { id: "mine", modality: "text", dimension: 3 } });
    expect(await readdir(added.directory)).not.toContain("pytorch_model.bin");
    const { registry, logged } = await openRegistry(directory);
    expect(logged).toEqual([]);
    expect(await registry.encodeTexts(added.info.id, ["red"])).toHaveLength(3);
  });

  it("copies weights that lie beside the network", async () => {
    const { model, data } = externalTextModel(TABLE, "model.onnx_data");
    const folder = await temporaryDirectory();
    await writeFiles(folder, {
      ...pooledTextFolder(),
      "onnx/model.onnx": model,
      "onnx/model.onnx_data": data,
    });
    const added = await addEncoderFolder(folder, { directory: await temporaryDirectory(), id: "large" });
    expect(await readdir(join(added.directory, "onnx"))).toEqual(["model.onnx", "model.onnx_data"]);
  });

  it.each([
    ["all-MiniLM-L6-v2", "mean"],
    ["bge-small-en-v1.5", "cls"],
  ])("pools %s by %s, as its authors say, where no file does", async (name, pooling) => {
    const folder = join(await temporaryDirectory(), name);
    await writeFiles(folder, textFolder());
    const added = await addEncoderFolder(folder, { directory: await temporaryDirectory() });
    expect(added.pooling).toBe(pooling);
    expect(added.poolingFrom).toContain("model cards");
  });

  it("takes an output that is one vector a text as it is", async () => {
    const folder = await temporaryDirectory();
    await writeFiles(folder, { ...textFolder(), "onnx/model.onnx": textModel(TABLE, "sentence") });
    const added = await addEncoderFolder(folder, { directory: await temporaryDirectory(), id: "a" });
    expect(added).toMatchObject({ pooling: "none", poolingFrom: "the output sentence_embedding" });
  });

  it("guesses no pooling, and takes the one that is given", async () => {
    const folder = await temporaryDirectory();
    const directory = await temporaryDirectory();
    await writeFiles(folder, textFolder());
    await expect(addEncoderFolder(folder, { directory, id: "a" })).rejects.toThrow(
      "pass it as --pooling mean, cls or last",
    );
    expect(await readdir(directory)).toEqual([]);
    const added = await addEncoderFolder(folder, { directory, id: "a", pooling: "last" });
    expect(added).toMatchObject({ pooling: "last", poolingFrom: "--pooling" });
  });

  it("leaves nothing of a folder that cannot encode, and does not replace an encoder", async () => {
    const folder = await temporaryDirectory();
    const directory = await temporaryDirectory();
    await writeFiles(folder, { ...pooledTextFolder(), "onnx/model.onnx": Buffer.from("nothing") });
    await expect(addEncoderFolder(folder, { directory, id: "a" })).rejects.toThrow("is not an ONNX file");
    expect(await readdir(directory)).toEqual([]);
    await writeFiles(folder, pooledTextFolder());
    await addEncoderFolder(folder, { directory, id: "a" });
    await expect(addEncoderFolder(folder, { directory, id: "a" })).rejects.toThrow(
      'There is an encoder "a" already; give this one another --name.',
    );
    await expect(addEncoderFolder(join(folder, "none"), { directory })).rejects.toThrow("none");
  });
});
