import { rm, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { openEncoderRegistry } from "../../src/encoders/index.ts";
import type { EncoderId } from "../../src/types.ts";
import { temporaryDirectory } from "../support/postgres.ts";
import { imageFolder, openRegistry, TABLE, textFolder, WORDPIECE, writeFiles, writeOwn } from "./folders.ts";
import { externalTextModel, textModel } from "./models.ts";
import { plain } from "./pictures.ts";
import { silentLog } from "../support/log.ts";

const id = (name: string) => name as EncoderId;

describe("the registry of encoders", () => {
  it("lists images first, then by id, and says what each is", async () => {
    const folder = await temporaryDirectory();
    await writeFiles(join(folder, "b-text"), textFolder());
    await writeFiles(join(folder, "z-image"), imageFolder());
    await writeOwn(join(folder, "somewhere"), { id: "a-text" });
    const { registry, logged } = await openRegistry(folder);
    expect(registry.list().map((info) => info.id)).toEqual(["z-image", "a-text", "b-text"]);
    expect(registry.get("a-text", "text")).toEqual({
      id: "a-text",
      modality: "text",
      dimension: 3,
      default: false,
      sha256: expect.stringMatching(/^[0-9a-f]{64}$/) as string,
      source: "here",
      licence: "MIT",
    });
    expect(logged).toEqual([]);
  });

  it("does not find an encoder under the other modality, nor one that is not there", async () => {
    const folder = await temporaryDirectory();
    await writeFiles(join(folder, "small"), textFolder());
    const { registry } = await openRegistry(folder);
    expect(() => registry.get("small", "image")).toThrow('There is no image encoder "small".');
    await expect(registry.encodeImages(id("small"), [])).rejects.toMatchObject({ code: "not-found" });
    await expect(registry.encodeTexts(id("none"), ["a"])).rejects.toThrow('There is no text encoder "none".');
    expect(() => registry.defaultOf("image")).toThrow("There is no image encoder.");
  });

  it("takes as default the one that says so, else the first", async () => {
    const folder = await temporaryDirectory();
    await writeFiles(join(folder, "a"), textFolder());
    expect((await openRegistry(folder)).registry.defaultOf("text").id).toBe("a");
    await writeOwn(join(folder, "own"), { default: true });
    expect((await openRegistry(folder)).registry.defaultOf("text").id).toBe("own");
  });

  it("has nothing where there is no folder", async () => {
    const { registry, logged } = await openRegistry(join(await temporaryDirectory(), "none"));
    expect(registry.list()).toEqual([]);
    expect(logged).toEqual([]);
  });

  it("reads folders that are links, and none whose name begins with a dot", async () => {
    const folder = await temporaryDirectory();
    const elsewhere = await temporaryDirectory();
    await writeFiles(elsewhere, textFolder());
    await symlink(elsewhere, join(folder, "linked"));
    await writeFiles(join(folder, ".part"), textFolder());
    expect((await openRegistry(folder)).registry.list().map((info) => info.id)).toEqual(["linked"]);
  });

  it("counts the first of two folders with one id, and says so", async () => {
    const folder = await temporaryDirectory();
    await writeOwn(join(folder, "first"), { source: "first" });
    await writeOwn(join(folder, "second"), { source: "second" });
    const { registry, logged } = await openRegistry(folder);
    expect(registry.list().map((info) => info.source)).toEqual(["first"]);
    expect(logged).toHaveLength(1);
    expect(logged[0]).toContain('has the id "own" already');
  });
});

describe("a folder that is no whole encoder", () => {
  it.each([
    ["an empty one", {}, "config.json is missing"],
    [
      "a manifest that is no JSON",
      { "encoder.json": new TextEncoder().encode("{\n") },
      "encoder.json is not JSON",
    ],
    ["a manifest with faults", { "encoder.json": { version: 2 } }, "encoder.json: "],
  ])("is left out with one line, and the others stay: %s", async (_, files, why) => {
    const folder = await temporaryDirectory();
    await writeFiles(join(folder, "broken"), { ...files, "readme.txt": "" });
    await writeFiles(join(folder, "whole"), textFolder());
    const { registry, logged } = await openRegistry(folder);
    expect(registry.list().map((info) => info.id)).toEqual(["whole"]);
    expect(logged).toEqual([expect.stringContaining(why)]);
    expect(logged[0]).toMatch(/^warn: encoder folder .*broken is left out: [^\n]+$/);
  });

  it("is left out where a file that its manifest names is missing", async () => {
    const folder = await temporaryDirectory();
    await writeOwn(join(folder, "own"));
    await rm(join(folder, "own", "model.onnx"));
    const { registry, logged } = await openRegistry(folder);
    expect(registry.list()).toEqual([]);
    expect(logged[0]).toContain("model.onnx is missing");
  });
});

describe("files that changed after the folder was read", () => {
  it("are refused, and taken again once they are mended", async () => {
    const folder = await temporaryDirectory();
    await writeFiles(join(folder, "small"), textFolder());
    const { registry } = await openRegistry(folder);
    const model = join(folder, "small", "onnx", "model.onnx");
    await writeFile(model, textModel(TABLE.map(([a = 0, b = 0, c = 0]) => [c, b, a])));
    await expect(registry.encodeTexts(id("small"), ["red"])).rejects.toMatchObject({
      code: "corrupt-file",
      message: 'Encoder "small": onnx/model.onnx is not the file its sha256 names.',
    });
    await writeFile(model, textModel(TABLE));
    expect(await registry.encodeTexts(id("small"), ["red"])).toHaveLength(3);
  });

  it("are refused where weights lie in a file whose sha256 is not named", async () => {
    const folder = await temporaryDirectory();
    const { model, data } = externalTextModel(TABLE, "weights.bin");
    const files = { "model.onnx": model, "tokenizer.json": WORDPIECE };
    await writeOwn(join(folder, "own"), { pooling: "mean" }, files);
    await writeFile(join(folder, "own", "weights.bin"), data);
    const { registry } = await openRegistry(folder);
    await expect(registry.encodeTexts(id("own"), ["red"])).rejects.toThrow(
      "its sha256 does not name weights.bin, which holds weights",
    );
  });

  it("are refused where the tokenizer is none", async () => {
    const folder = await temporaryDirectory();
    await writeFiles(join(folder, "small"), {
      ...textFolder(),
      "tokenizer.json": { model: { type: "None" } },
    });
    const { registry } = await openRegistry(folder);
    await expect(registry.encodeTexts(id("small"), ["red"])).rejects.toMatchObject({ code: "corrupt-file" });
  });
});

describe("closing the registry", () => {
  it("waits for what is running, and takes nothing more", async () => {
    const folder = await temporaryDirectory();
    await writeFiles(join(folder, "image"), imageFolder());
    await writeFiles(join(folder, "text"), textFolder());
    const registry = await openEncoderRegistry({ folders: [folder], log: silentLog });
    const images = await Promise.all(Array.from({ length: 40 }, () => plain(200, 200, "#fff")));
    let encoded = 0;
    const running = [
      registry.encodeImages(id("image"), images).then(() => encoded++),
      registry.encodeTexts(id("text"), new Array<string>(200).fill("red")).then(() => encoded++),
    ];
    const closing = registry.close();
    await expect(registry.encodeTexts(id("text"), ["red"])).rejects.toMatchObject({ code: "unavailable" });
    await closing;
    expect(encoded).toBe(2);
    await Promise.all(running);
  });

  it("can be asked for twice, and before anything ran", async () => {
    const registry = await openEncoderRegistry({ folders: [], log: silentLog });
    await Promise.all([registry.close(), registry.close()]);
    await expect(registry.close()).resolves.toBeUndefined();
  });

  it("ends as well where an encoder never opened", async () => {
    const folder = await temporaryDirectory();
    await writeOwn(join(folder, "own"), { inputs: { ids: "ids" } });
    const registry = await openEncoderRegistry({ folders: [folder], log: silentLog });
    const failing = registry.encodeTexts(id("own"), ["red"]).catch(() => "failed");
    await registry.close();
    expect(await failing).toBe("failed");
  });
});
