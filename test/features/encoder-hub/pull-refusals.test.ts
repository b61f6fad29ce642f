import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { temporaryDirectory } from "../../support/postgres.ts";
import { TABLE, pooledTextFolder, writeFiles } from "../../encoders/folders.ts";
import { COMMIT, startHub } from "../../encoders/hub.ts";
import { externalTextModel } from "../../encoders/models.ts";
import { MODEL, modelBytes, pull } from "./pulling.ts";
import { collectingLog } from "../../support/log.ts";

describe("a hub that cannot be trusted", () => {
  it.each([
    ["a network", MODEL],
    ["a description", "config.json"],
  ])("is refused where %s is not what its hash says", async (_, path) => {
    const right = path === MODEL ? modelBytes : Buffer.from(JSON.stringify(pooledTextFolder()[path]));
    const wrong = Uint8Array.from(right, (byte, i) => (i === 40 ? byte ^ 1 : byte));
    const directory = await temporaryDirectory();
    const hub = await startHub(pooledTextFolder(), { instead: { [path]: wrong } });
    await expect(pull(directory, hub)).rejects.toMatchObject({ code: "corrupt-file" });
    expect(await readdir(directory)).toEqual([".small.part"]);
  });

  it("is refused where a file is larger than it is listed", async () => {
    const hub = await startHub(pooledTextFolder(), {
      instead: { [MODEL]: Buffer.concat([modelBytes, Buffer.from("more")]) },
    });
    await expect(pull(await temporaryDirectory(), hub)).rejects.toMatchObject({
      code: "corrupt-file",
      message: expect.stringContaining("larger") as string,
    });
  });

  it("mends a part that an earlier run left with wrong bytes", async () => {
    const directory = await temporaryDirectory();
    await writeFiles(join(directory, ".small.part"), {
      "source.json": { name: "owner/small", revision: "main", commit: COMMIT, file: MODEL },
      [`${MODEL}.part`]: Buffer.alloc(64),
    });
    expect(await pull(directory, await startHub(pooledTextFolder()))).toMatchObject({ fetched: true });
  });

  it.each(["../evil.onnx", "/etc/evil.onnx", "onnx/../../evil.onnx", "a\\..\\evil.onnx"])(
    "cannot place a file outside of the folder: %s",
    async (path) => {
      const { [MODEL]: model, ...rest } = pooledTextFolder();
      const directory = await temporaryDirectory();
      const hub = await startHub({ ...rest, [path]: model });
      await expect(pull(directory, hub)).rejects.toMatchObject({ code: "corrupt-file" });
      expect(await readdir(directory)).toEqual([]);
      expect(hub.asked).toEqual([]);
    },
  );

  it("cannot have weights read from outside of the folder", async () => {
    const { model } = externalTextModel(TABLE, "../../../secret.data");
    const hub = await startHub({ ...pooledTextFolder(), [MODEL]: model });
    await expect(pull(await temporaryDirectory(), hub)).rejects.toMatchObject({ code: "corrupt-file" });
  });
});

describe("a model that cannot be pulled", () => {
  it("is not found where the hub has no such name", async () => {
    const hub = await startHub(pooledTextFolder());
    await expect(pull(await temporaryDirectory(), hub, { name: "owner/none" })).rejects.toMatchObject({
      code: "not-found",
      message: expect.stringContaining("owner/none") as string,
    });
  });

  it("is not found where it has no such revision", async () => {
    const hub = await startHub(pooledTextFolder());
    await expect(pull(await temporaryDirectory(), hub, { revision: "v9/x" })).rejects.toMatchObject({
      code: "not-found",
      message: expect.stringContaining("v9/x") as string,
    });
  });

  it("is told where the hub lists a file that is not there", async () => {
    const hub = await startHub(pooledTextFolder(), { statuses: [404] });
    await expect(pull(await temporaryDirectory(), hub)).rejects.toMatchObject({ code: "not-found" });
  });

  it("has no ONNX file", async () => {
    const { [MODEL]: model, ...rest } = pooledTextFolder();
    expect(model).toBeDefined();
    const hub = await startHub({ ...rest, "model.safetensors": {} });
    await expect(pull(await temporaryDirectory(), hub)).rejects.toThrow(
      "owner/small: there is no ONNX file; make one by `optimum-cli export onnx --model owner/small",
    );
  });

  it("has not the ONNX file that is asked for, but others", async () => {
    const hub = await startHub({ ...pooledTextFolder(), "onnx/decoder.onnx": modelBytes });
    await expect(pull(await temporaryDirectory(), hub, { file: "onnx/other.onnx" })).rejects.toThrow(
      "onnx/other.onnx is not there; there are onnx/decoder.onnx, onnx/model.onnx.",
    );
  });

  it("is neither of images nor of texts", async () => {
    const hub = await startHub({ "config.json": {}, [MODEL]: modelBytes });
    await expect(pull(await temporaryDirectory(), hub)).rejects.toMatchObject({ code: "unsupported-model" });
  });

  it("cannot run here: the folder does not appear, and a line says where its files are", async () => {
    const logged: string[] = [];
    const directory = await temporaryDirectory();
    const hub = await startHub({ ...pooledTextFolder(), "config.json": { hidden_size: 5 } });
    await expect(pull(directory, hub, { log: collectingLog(logged) })).rejects.toMatchObject({
      code: "unsupported-model",
    });
    expect(await readdir(directory)).toEqual([".small.part"]);
    expect(logged).toEqual([`what was fetched stays in ${join(directory, ".small.part")}`]);
  });
});
