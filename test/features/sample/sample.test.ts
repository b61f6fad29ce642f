import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { makeThumbnail } from "../../../src/encoders/index.ts";
import { createRandom } from "../../../src/math/random.ts";
import {
  emojiCaption,
  growSample,
  emojiMetadata,
  QUERY_VENDOR,
  readPairs,
  SAMPLE_VENDORS,
  VENDORS,
  type EmojiPair,
  type SampleTarget,
} from "../../../src/features/sample/index.ts";
import type { AnchorId } from "../../../src/types.ts";

const require = createRequire(import.meta.url);
const none = (): undefined => undefined;

let pairs: EmojiPair[];
beforeAll(async () => {
  pairs = await readPairs(SAMPLE_VENDORS);
});

describe("the sample's pairs", () => {
  it("are at least 3,000 drawings by at least five vendors", () => {
    expect(pairs.length).toBeGreaterThan(3_000);
    expect(new Set(pairs.map(({ vendor }) => vendor))).toEqual(new Set(SAMPLE_VENDORS));
    expect(SAMPLE_VENDORS.length).toBeGreaterThanOrEqual(5);
  });

  it("hold no drawing of the vendor whose drawings are queries", () => {
    expect(SAMPLE_VENDORS).not.toContain(QUERY_VENDOR);
  });

  it("have an id each, and a caption that begins with the label", () => {
    expect(new Set(pairs.map(({ id }) => id)).size).toBe(pairs.length);
    const heart = pairs.find(({ emoji }) => emoji.label === "red heart");
    expect(emojiCaption(heart?.emoji ?? raise())).toMatch(/^red heart, .*love/);
  });

  it("show every group of emoji among the first few hundred", () => {
    const groups = new Set(pairs.map(({ emoji }) => emoji.group));
    expect(new Set(pairs.slice(0, 300).map(({ emoji }) => emoji.group))).toEqual(groups);
  });

  it("can be drawn", async () => {
    for (const { image } of createRandom(1).sample(pairs, 60)) {
      const { mediaType, bytes } = await makeThumbnail(image);
      expect(mediaType).toBe("image/webp");
      expect(bytes.length).toBeGreaterThan(50);
    }
  });

  it("come in the same order in every process", async () => {
    expect((await readPairs(SAMPLE_VENDORS)).map(({ id }) => id)).toEqual(pairs.map(({ id }) => id));
  });
});

describe("each vendor", () => {
  it.each(VENDORS)("$id is under the licence that its package states", async ({ id, licence }) => {
    const file = require.resolve(`@iconify-json/${id}/info.json`);
    const info = z
      .object({ license: z.object({ spdx: z.string() }) })
      .parse(JSON.parse(await readFile(file, "utf8")));
    expect(info.license.spdx).toBe(licence);
  });

  it("is named with its licence in the metadata of its anchors", () => {
    const pair = pairs.find(({ vendor }) => vendor === "openmoji") ?? raise();
    expect(emojiMetadata(pair)).toMatchObject({ vendor: "openmoji", licence: "CC-BY-SA-4.0" });
  });
});

describe("growing the sample", () => {
  const targetOf = (stored: Map<AnchorId, number>, onPut: () => void = none): SampleTarget => ({
    existing: (ids) => Promise.resolve(new Set(ids.filter((id) => stored.has(id)))),
    put: (anchors) => {
      onPut();
      for (const { id } of anchors) stored.set(id, (stored.get(id) ?? 0) + 1);
      return Promise.resolve();
    },
  });

  it("goes on where it was interrupted, and adds each pair once", async () => {
    const stored = new Map<AnchorId, number>();
    const controller = new AbortController();
    let puts = 0;
    const interrupt = (): void => {
      if (++puts === 5) controller.abort();
    };
    const before = await growSample(targetOf(stored, interrupt), pairs, controller.signal, none);
    expect(before).toBe(stored.size);
    expect(before).toBeLessThan(pairs.length / 2);
    const after = await growSample(targetOf(stored), pairs, new AbortController().signal, none);
    expect(before + after).toBe(pairs.length);
    expect(new Set(stored.values())).toEqual(new Set([1]));
  });

  it("stops at the first failure, after the batches under way have ended", async () => {
    const stored = new Map<AnchorId, number>();
    let puts = 0;
    const fail = (): void => {
      if (++puts === 3) throw new Error("the store is full");
    };
    const growing = growSample(targetOf(stored, fail), pairs, new AbortController().signal, none);
    await expect(growing).rejects.toThrow("the store is full");
    expect(puts).toBeLessThan(6);
  });
});

const raise = (): never => {
  throw new Error("there is no such pair");
};
