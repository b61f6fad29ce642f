import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { LAYERS, MIX, NORM, writeEyes } from "../features/epalm/service/eyes.ts";
import { defaultEncoders, sharedNetworks } from "../support/encoders.ts";
import { temporaryDirectory } from "../support/postgres.ts";
import { openEncoderRegistry } from "../../src/encoders/index.ts";
import type { EncoderId } from "../../src/types.ts";
import { imageFolder, openRegistry, writeFiles } from "./folders.ts";
import { plain } from "./pictures.ts";
import { silentLog } from "../support/log.ts";

const COLOUR = [51, 102, 204];

const ids = (...names: readonly string[]): EncoderId[] => names as EncoderId[];
const shares = COLOUR.map((byte) => byte / 255);

/** What the second block makes of a plain picture: the four sums, then layer normalisation. */
const normalised = (): number[] => {
  const sums = [0, 1, 2, 3].map((out) =>
    shares.reduce((sum, share, channel) => sum + share * (MIX[channel * 4 + out] ?? 0), 0),
  );
  const mean = sums.reduce((a, b) => a + b, 0) / 4;
  const variance = sums.reduce((sum, value) => sum + (value - mean) ** 2, 0) / 4;
  return sums.map(
    (value, i) => ((value - mean) / Math.sqrt(variance + 1e-6)) * (NORM.weight[i] ?? 0) + (NORM.bias[i] ?? 0),
  );
};

describe("an encoder's layers", () => {
  it("are outputs of its file that encoder.json names, pooled, normalised, and as long as they come", async () => {
    const folder = await temporaryDirectory();
    await writeEyes(folder);
    const { registry } = await openRegistry(folder);
    const [eyes] = registry.list();
    expect(eyes).toMatchObject({
      id: "eyes",
      layers: [
        { name: "block-0", id: "eyes#block-0", dimension: 3 },
        { name: "block-1", id: "eyes#block-1", dimension: 4 },
      ],
    });
    const picture = await plain(4, 4, `rgb(${COLOUR.join()})`);
    const [first, second, whole] = await registry.encodeImagesByAll(
      ids("eyes#block-0", "eyes#block-1", "eyes"),
      [picture],
    );
    shares.forEach((share, i) => expect(first?.[i]).toBeCloseTo(share, 6));
    normalised().forEach((value, i) => expect(second?.[i]).toBeCloseTo(value, 5));
    expect(Math.hypot(...(whole ?? []))).toBeCloseTo(1, 6);
  });

  it("leave the encoder's own fingerprint as it is, and have each its own, which knows of the norm", async () => {
    const folder = await temporaryDirectory();
    await writeEyes(folder);
    await writeEyes(folder, { id: "plain", layers: LAYERS.slice(0, 1) });
    await writeEyes(folder, { id: "stranger", norm: { weight: [1, 1, 1, 1], bias: [0, 0, 0, 0] } });
    const { registry } = await openRegistry(folder);
    const [eyes, without, stranger] = registry.list();
    expect(without?.layers).toHaveLength(1);
    expect(without?.sha256).toBe(eyes?.sha256);
    expect(eyes?.layers[0]?.sha256).not.toBe(eyes?.layers[1]?.sha256);
    expect(stranger?.layers[1]?.sha256).not.toBe(eyes?.layers[1]?.sha256);
    expect(registry.layer("eyes#block-1")).toMatchObject({ dimension: 4, sha256: eyes?.layers[1]?.sha256 });
    expect(registry.layer("eyes")).toMatchObject({ sha256: eyes?.sha256 });
    expect(() => registry.get("eyes#block-1", "image")).toThrow('There is no image encoder "eyes#block-1".');
  });

  it("are told by layers.json where a folder is as Hugging Face lays it out", async () => {
    const folder = await temporaryDirectory();
    const layers = [{ name: "last", output: "last_hidden_state", dimension: 3, pooling: "mean" }];
    await writeFiles(join(folder, "vit"), { ...imageFolder(), "layers.json": layers });
    const { registry } = await openRegistry(folder);
    expect(registry.list()[0]?.layers).toMatchObject([{ name: "last", id: "vit#last", dimension: 3 }]);
    const [rows] = await registry.encodeImagesByAll(ids("vit#last"), [await plain(8, 8, "#ffffff")]);
    // White, less the mean 0.5, over the deviations 0.25, 0.5 and 1.
    expect([...(rows ?? [])]).toEqual([2, 1, 0.5]);
  });

  it.each([
    [
      "two of one name",
      { layers: [0, 1].map(() => ({ name: "a", output: "o", dimension: 3 })) },
      "layers.1.name",
    ],
    [
      "a norm of another width",
      { norm: { weight: [1], bias: [0] } },
      "weight has 1 numbers; its layers have 4",
    ],
  ])("leave out a folder that declares %s, and say why", async (_, given, why) => {
    const folder = await temporaryDirectory();
    await writeEyes(folder, given);
    const { registry, logged } = await openRegistry(folder);
    expect(registry.list()).toEqual([]);
    expect(logged).toEqual([expect.stringContaining(why)]);
  });

  it("fail by name where the file has no such output", async () => {
    const folder = await temporaryDirectory();
    await writeEyes(folder, { layers: [{ name: "a", output: "nowhere", dimension: 3 }] });
    const { registry } = await openRegistry(folder);
    await expect(
      registry.encodeImagesByAll(ids("eyes#a"), [await plain(4, 4, "#000000")]),
    ).rejects.toMatchObject({ code: "unsupported-model" });
  });

  it("are of the default encoder the last six blocks of its network", async () => {
    const registry = await openEncoderRegistry({
      folders: [await defaultEncoders()],
      networks: await sharedNetworks(),
      log: silentLog,
    });
    try {
      const listed = registry.list();
      const layers = listed.find(({ id }) => id === "inception-v3-mixed5-7")?.layers ?? [];
      expect(layers.map(({ id, dimension }) => [id, dimension])).toEqual(
        [768, 768, 768, 1280, 2048, 2048].map((width, i) => [`inception-v3-mixed${i + 5}`, width]),
      );
      for (const { id, sha256 } of layers) expect(registry.get(id, "image").sha256).toBe(sha256);
      expect(listed.find(({ id }) => id === "use-lite")?.layers).toEqual([]);
    } finally {
      await registry.close();
    }
  });
});
