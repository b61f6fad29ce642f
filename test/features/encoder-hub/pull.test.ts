import { readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { temporaryDirectory } from "../../support/postgres.ts";
import {
  imageFolder,
  openRegistry,
  TABLE,
  pooledTextFolder,
  unit,
  writeFiles,
} from "../../encoders/folders.ts";
import { COMMIT, startHub } from "../../encoders/hub.ts";
import { externalTextModel, textModel } from "../../encoders/models.ts";
import { MODEL, modelBytes, pull } from "./pulling.ts";

/** Resolves when so many bytes of the network have been written down. */
const arrival =
  (directory: string) =>
  async (bytes: number): Promise<void> => {
    const part = join(directory, ".small.part", `${MODEL}.part`);
    while ((await stat(part).catch(() => undefined))?.size !== bytes) await setTimeout(5);
  };

describe("pulling an encoder from a hub", () => {
  it("makes a folder that encodes, and says what it is", async () => {
    const directory = await temporaryDirectory();
    const pulled = await pull(directory, await startHub(pooledTextFolder()));
    expect(pulled).toMatchObject({
      fetched: true,
      pooling: "mean",
      info: {
        id: "small",
        modality: "text",
        dimension: 3,
        source: `owner/small @ ${COMMIT}`,
        licence: "mit",
      },
    });
    expect(pulled.page).toMatch(/\/owner\/small$/);
    const { registry, logged } = await openRegistry(directory);
    expect(logged).toEqual([]);
    expect(registry.list()).toEqual([{ ...pulled.info, built: true, layers: [] }]);
    expect(await registry.encodeTexts(pulled.info.id, ["red"])).toHaveLength(3);
  });

  it("fetches an image encoder as well", async () => {
    const pulled = await pull(await temporaryDirectory(), await startHub(imageFolder()));
    expect(pulled).toMatchObject({ pooling: "cls", info: { modality: "image" } });
  });

  it("fetches what the encoder needs and nothing else", async () => {
    const hub = await startHub({
      ...pooledTextFolder(),
      "README.md": { text: "about" },
      "pytorch_model.bin": { weights: [] },
      "onnx/model_quantized.onnx": textModel(TABLE),
      "1_Pooling/config.json": { pooling_mode_cls_token: true },
    });
    const pulled = await pull(await temporaryDirectory(), hub);
    expect(pulled.pooling).toBe("cls");
    expect(hub.asked.sort()).toEqual(Object.keys(pooledTextFolder()).sort());
  });

  it("fetches the weights that a large network keeps beside itself", async () => {
    const { model, data } = externalTextModel(TABLE, "model.onnx_data");
    const hub = await startHub({ ...pooledTextFolder(), [MODEL]: model, "onnx/model.onnx_data": data });
    const directory = await temporaryDirectory();
    await pull(directory, hub);
    const { registry } = await openRegistry(directory);
    const row = await registry.encodeTexts(registry.defaultOf("text").id, ["red"]);
    const mean = [0, 1, 2].map((i) => [2, 4, 3].reduce((sum, id) => sum + (TABLE[id]?.[i] ?? 0), 0));
    unit(mean).forEach((value, i) => expect(row[i]).toBeCloseTo(value, 5));
  });

  it("takes the ONNX file that is asked for", async () => {
    const hub = await startHub({ ...pooledTextFolder(), "onnx/model_q8.onnx": textModel(TABLE) });
    await pull(await temporaryDirectory(), hub, { file: "onnx/model_q8.onnx" });
    expect(hub.asked).toContain("onnx/model_q8.onnx");
    expect(hub.asked).not.toContain(MODEL);
  });

  it("does nothing the second time", async () => {
    const hub = await startHub(pooledTextFolder());
    const directory = await temporaryDirectory();
    const first = await pull(directory, hub);
    const asked = hub.asked.length;
    expect(await pull(directory, hub)).toEqual({ ...first, fetched: false });
    expect(hub.asked).toHaveLength(asked);
  });

  it("does not touch a folder that holds something else", async () => {
    const hub = await startHub(pooledTextFolder());
    const directory = await temporaryDirectory();
    await writeFiles(join(directory, "small"), { "mine.txt": "precious" });
    await expect(pull(directory, hub)).rejects.toMatchObject({ code: "conflict" });
    expect(await readdir(join(directory, "small"))).toEqual(["mine.txt"]);
    expect(hub.asked).toEqual([]);
  });
});

describe("a connection to a hub that fails", () => {
  it("is taken up where it was cut", async () => {
    const directory = await temporaryDirectory();
    const hub = await startHub(pooledTextFolder(), {
      cut: { path: MODEL, after: 100, times: 2, then: arrival(directory) },
    });
    await pull(directory, hub);
    expect(hub.asked.filter((path) => path.startsWith(MODEL))).toEqual([
      MODEL,
      `${MODEL} bytes=100-`,
      `${MODEL} bytes=200-`,
    ]);
    expect(await readFile(join(directory, "small", MODEL))).toEqual(Buffer.from(modelBytes));
  });

  it("is begun anew where the server knows no ranges", async () => {
    const directory = await temporaryDirectory();
    const hub = await startHub(pooledTextFolder(), {
      cut: { path: MODEL, after: 100, times: 1, then: arrival(directory) },
      ignoresRange: true,
    });
    await pull(directory, hub);
    expect(await readFile(join(directory, "small", MODEL))).toEqual(Buffer.from(modelBytes));
  });

  it("is tried again after answers that may pass", async () => {
    const hub = await startHub(pooledTextFolder(), { statuses: [503, 500, 429] });
    expect(await pull(await temporaryDirectory(), hub)).toMatchObject({ fetched: true });
  });

  it("is given up in the end, with what the server said", async () => {
    const hub = await startHub(pooledTextFolder(), { statuses: new Array<number>(20).fill(503) });
    await expect(pull(await temporaryDirectory(), hub)).rejects.toMatchObject({
      code: "unavailable",
      message: expect.stringContaining("503") as string,
    });
  });

  it("is reported where nothing answers at all", async () => {
    await expect(pull(await temporaryDirectory(), { endpoint: "http://127.0.0.1:9" })).rejects.toMatchObject({
      code: "unavailable",
    });
  });

  it("follows redirects", async () => {
    const directory = await temporaryDirectory();
    const hub = await startHub(pooledTextFolder(), {
      cut: { path: MODEL, after: 50, times: 1, then: arrival(directory) },
      redirects: true,
    });
    expect(await pull(directory, hub)).toMatchObject({ fetched: true });
  });
});

describe("a pull that is stopped", () => {
  it("leaves no folder, and goes on from what came", async () => {
    const stop = new AbortController();
    const files = pooledTextFolder();
    const directory = await temporaryDirectory();
    const arrived = arrival(directory);
    const first = await startHub(files, {
      cut: { path: MODEL, after: 100, times: 1, then: (sent) => arrived(sent).then(() => stop.abort()) },
    });
    await expect(pull(directory, first, { signal: stop.signal })).rejects.toMatchObject({
      code: "cancelled",
    });
    expect(await readdir(directory)).toEqual([".small.part"]);
    expect((await openRegistry(directory)).registry.list()).toEqual([]);

    const second = await startHub(files);
    await pull(directory, second);
    expect(second.asked).toEqual([`${MODEL} bytes=100-`]);
    expect(await readdir(directory)).toEqual(["small"]);
  });

  it("begins anew where something else is wanted now", async () => {
    const directory = await temporaryDirectory();
    await writeFiles(join(directory, ".small.part"), {
      "source.json": { name: "owner/small", revision: "main", commit: "d".repeat(40), file: MODEL },
      [`${MODEL}.part`]: "of another commit",
      "stale.json": {},
    });
    await pull(directory, await startHub(pooledTextFolder()));
    expect(await readdir(join(directory, "small"))).not.toContain("stale.json");
  });
});
