import { cp, readdir, stat, truncate } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { openEncoderRegistry, type EncoderRegistry } from "../../src/encoders/index.ts";
import type { EncoderId } from "../../src/types.ts";
import { defaultEncoders, defaultNetworks, sharedNetworks } from "../support/encoders.ts";
import { temporaryDirectory } from "../support/postgres.ts";
import { writeOwn } from "./folders.ts";
import { makePicture, pngOf } from "./pictures.ts";
import { collectingLog } from "../support/log.ts";
import { NETWORKS } from "../../src/features/default-encoders/networks.ts";

const IDS = ["inception-v3-mixed7", "inception-v3-mixed5-7", "use-lite"];

const ids = (...names: readonly string[]): EncoderId[] => names as EncoderId[];

const opened = async (options: {
  readonly folders?: readonly string[];
  readonly networks: string;
}): Promise<{ registry: EncoderRegistry; logged: string[] }> => {
  const logged: string[] = [];
  const log = collectingLog(logged);
  const registry = await openEncoderRegistry({
    folders: options.folders ?? [],
    networks: await sharedNetworks(options.networks),
    log,
  });
  onTestFinished(() => registry.close());
  return { registry, logged };
};

/** With the default encoders and the networks of the cache. */
const whole = async (): Promise<{ registry: EncoderRegistry; logged: string[] }> =>
  opened({ folders: [await defaultEncoders()], networks: await defaultNetworks() });

const pictures = (): Promise<Uint8Array[]> =>
  Promise.all([makePicture(64, 48), makePicture(40, 60, 3)].map((picture) => pngOf(picture)));

describe("the cuts of the networks that come with Anchorage", () => {
  it("are listed before any of them is on the disk", async () => {
    const networks = join(await temporaryDirectory(), "networks");
    const { registry, logged } = await opened({ networks });
    const listed = registry.list();
    expect(listed.map(({ id }) => id)).toEqual([
      ...[0, 1, 10, 2, 3, 4, 5, 6, 8, 9].map((block) => `inception-v3-mixed${block}`),
      ...["12", "15", "16", "2", "5", "9"].map((block) => `mobilenet-v2-block-${block}`),
      "mobilenet-v2-out",
      ...["use-lite-layer-1", "use-lite-layer-2", "use-lite-words"],
    ]);
    expect(listed.every(({ built, default: isDefault }) => !built && !isDefault)).toBe(true);
    expect(new Set(listed.map(({ sha256 }) => sha256)).size).toBe(listed.length);
    await expect(readdir(networks)).rejects.toMatchObject({ code: "ENOENT" });
    expect(logged).toEqual([]);
  });

  it("are made when one is first used, all of a network at once, and are there for the next process", async () => {
    const networks = join(await temporaryDirectory(), "networks");
    const { registry, logged } = await opened({ networks });
    const [picture = new Uint8Array()] = await pictures();
    const small = await registry.encodeImages("mobilenet-v2-block-2" as EncoderId, [picture]);
    expect(small).toHaveLength(24);
    expect(logged).toEqual([
      "importing MobileNet v2, seven of its blocks (from nsfwjs) as ONNX",
      expect.stringMatching(/^imported mobilenet-v2 in [\d.]+ s$/),
    ]);
    expect(await readdir(networks)).toEqual(["mobilenet-v2"]);
    const built = (of: EncoderRegistry): string[] =>
      of.list().flatMap((info) => (info.built ? [info.id.replace(/-[^-]+$/, "")] : []));
    expect(new Set(built(registry))).toEqual(new Set(["mobilenet-v2-block", "mobilenet-v2"]));
    const next = await opened({ networks });
    expect(built(next.registry)).toEqual(built(registry));
    expect(await next.registry.encodeImages("mobilenet-v2-block-2" as EncoderId, [picture])).toEqual(small);
    expect(next.logged).toEqual([]);
  });

  it("run no deeper than they need, from a file of their depth that the next start removes", async () => {
    const networks = join(await temporaryDirectory(), "networks");
    const { registry } = await opened({ networks });
    const images = await pictures();
    const shallow = await registry.encodeImages("mobilenet-v2-block-5" as EncoderId, images);
    const folder = join(networks, "mobilenet-v2");
    expect((await readdir(folder)).sort()).toEqual(["model.onnx", "until-block-5.onnx"]);
    const [whole, cut] = await Promise.all(
      ["model.onnx", "until-block-5.onnx"].map(async (name) => (await stat(join(folder, name))).size),
    );
    expect(cut).toBeLessThan((whole ?? 0) / 10);
    const [beside] = await registry.encodeImagesByAll(
      ids("mobilenet-v2-block-5", "mobilenet-v2-out"),
      images,
    );
    expect(beside).toEqual(shallow);
    await opened({ networks });
    expect(await readdir(folder)).toEqual(["model.onnx"]);
  });

  it("are made anew where a network's file is cut off", async () => {
    const networks = join(await temporaryDirectory(), "networks");
    const id = "use-lite-words" as EncoderId;
    const expected = await (await opened({ networks })).registry.encodeTexts(id, ["a red fox"]);
    await truncate(join(networks, "use-lite", "model.onnx"), 1000);
    const { registry, logged } = await opened({ networks });
    expect(await registry.encodeTexts(id, ["a red fox"])).toEqual(expected);
    expect(logged).toHaveLength(2);
  });

  it("are no default, and give way to a folder of the same name", async () => {
    const folder = await temporaryDirectory();
    await writeOwn(join(folder, "own"), { id: "use-lite-words" });
    const { registry, logged } = await opened({
      folders: [folder],
      networks: await defaultNetworks(),
    });
    expect(registry.get("use-lite-words", "text").source).toBe("here");
    expect(registry.defaultOf("text").id).toBe("use-lite-words");
    expect(() => registry.defaultOf("image")).toThrow("There is no image encoder.");
    expect(logged).toEqual([expect.stringContaining('has the id "use-lite-words" already')]);
  });
});

describe("encoding by several encoders at once", () => {
  it("gives of each what it gives alone, in the order of the ids", async () => {
    const { registry } = await whole();
    const images = await pictures();
    const names = ids(
      "mobilenet-v2-out",
      "inception-v3-mixed9",
      "mobilenet-v2-block-5",
      "inception-v3-mixed2",
    );
    const all = await registry.encodeImagesByAll(names, images);
    expect(all.map((rows) => rows.length / images.length)).toEqual([1280, 2048, 32, 288]);
    for (const [i, id] of names.entries()) expect(all[i]).toEqual(await registry.encodeImages(id, images));
  });

  it("gives the default encoders' very vectors from a network that runs beside them", async () => {
    const { registry } = await whole();
    const images = await pictures();
    const names = ids("inception-v3-mixed7", "inception-v3-mixed5-7", "inception-v3-mixed0");
    const [mixed7, three] = await registry.encodeImagesByAll(names, images);
    expect(mixed7).toEqual(await registry.encodeImages("inception-v3-mixed7" as EncoderId, images));
    expect(three).toEqual(await registry.encodeImages("inception-v3-mixed5-7" as EncoderId, images));
    const texts = ["a red fox", "how are you today my old friend"];
    const [embedding] = await registry.encodeTextsByAll(ids("use-lite", "use-lite-layer-2"), texts);
    expect(embedding).toEqual(await registry.encodeTexts("use-lite" as EncoderId, texts));
  });

  it("knows the default encoders that it stands in for by what they are, not by their ids", async () => {
    const { registry } = await whole();
    const standIns = NETWORKS.flatMap((network) => network.standIns);
    expect(standIns.map(({ manifest }) => manifest.id)).toEqual(IDS);
    for (const { manifest, fingerprint } of standIns)
      expect(registry.get(manifest.id, manifest.modality).sha256).toBe(fingerprint);
  });

  it("runs the network alone, and not a default encoder's own file beside it", async () => {
    const folder = await temporaryDirectory();
    await cp(join(await defaultEncoders(), "use-lite"), join(folder, "use-lite"), { recursive: true });
    await truncate(join(folder, "use-lite", "model.onnx"), 1000);
    const { registry } = await opened({ folders: [folder], networks: await defaultNetworks() });
    await expect(registry.encodeTexts("use-lite" as EncoderId, ["red"])).rejects.toMatchObject({
      code: "corrupt-file",
    });
    const rows = await registry.encodeTextsByAll(
      ids("use-lite-words", "use-lite", "use-lite-layer-1", "use-lite-layer-2"),
      ["red"],
    );
    expect(rows.map(({ length }) => length)).toEqual([256, 512, 512, 512]);
  });

  it("names the input that is wrong, and takes none", async () => {
    const { registry } = await whole();
    const [picture = new Uint8Array()] = await pictures();
    const names = ids("mobilenet-v2-block-2", "mobilenet-v2-block-5");
    await expect(registry.encodeImagesByAll(names, [picture, new Uint8Array([1, 2])])).rejects.toMatchObject({
      code: "invalid-input",
      faults: [{ path: [1] }],
    });
    const empty = await registry.encodeImagesByAll(names, []);
    expect(empty).toEqual([new Float32Array(0), new Float32Array(0)]);
    expect(await registry.encodeImagesByAll([], [picture])).toEqual([]);
  });
});
