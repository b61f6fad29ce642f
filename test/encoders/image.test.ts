import fc from "fast-check";
import sharp from "sharp";
import { describe, expect, it } from "vitest";
import { preprocessImage } from "../../src/encoders/image.ts";
import {
  BICUBIC,
  BILINEAR,
  cut,
  makePicture,
  pixel,
  plain,
  pngOf,
  preprocessing,
  resampled,
} from "./pictures.ts";

const RED = [255, 0, 0];

describe("resizing a picture", () => {
  it.each([
    ["bilinear", BILINEAR, 64, 48, 20, 16],
    ["bilinear", BILINEAR, 37, 53, 31, 47],
    ["bilinear", BILINEAR, 300, 200, 64, 70],
    ["bicubic", BICUBIC, 64, 48, 20, 16],
    ["bicubic", BICUBIC, 37, 53, 31, 47],
  ] as const)(
    "shrinks by %s as PIL does, to a few levels",
    async (interpolation, filter, w, h, width, height) => {
      const picture = makePicture(w, h);
      const tensor = await preprocessImage(
        await pngOf(picture),
        preprocessing({ width, height, interpolation }),
      );
      const expected = resampled(picture, width, height, filter).data;
      const differences = Array.from(tensor, (value, i) => Math.abs(value - (expected[i] ?? 0)));
      expect(Math.max(...differences)).toBeLessThanOrEqual(5);
      expect(differences.reduce((sum, value) => sum + value, 0) / differences.length).toBeLessThan(1);
    },
  );

  it("leaves a picture of the right size as it is", async () => {
    const picture = makePicture(8, 8);
    for (const resize of ["stretch", "cover", "contain", "shortest-edge"] as const) {
      const tensor = await preprocessImage(await pngOf(picture), preprocessing({ resize }));
      expect(Array.from(tensor)).toEqual(Array.from(picture.data));
    }
  });

  it("fits a picture and pads it with the background where asked to contain it", async () => {
    const tensor = await preprocessImage(
      await plain(16, 8, "#ff0000"),
      preprocessing({ resize: "contain", background: "#0000ff" }),
    );
    expect(pixel(tensor, 4, 0)).toEqual([0, 0, 255]);
    expect(pixel(tensor, 4, 4)).toEqual(RED);
    expect(pixel(tensor, 4, 7)).toEqual([0, 0, 255]);
  });

  it("crops the centre, rounded towards the upper left", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 8, max: 40 }),
        fc.integer({ min: 8, max: 40 }),
        fc.integer({ min: 1, max: 8 }),
        fc.integer({ min: 1, max: 8 }),
        async (w, h, width, height) => {
          const picture = makePicture(w, h);
          // The shorter edge is resized to itself: what remains is the crop.
          const tensor = await preprocessImage(
            await pngOf(picture),
            preprocessing({ resize: "shortest-edge", shortestEdge: Math.min(w, h), width, height }),
          );
          const left = Math.floor((w - width) / 2);
          const top = Math.floor((h - height) / 2);
          expect(Array.from(tensor)).toEqual(cut(picture, left, top, { width, height }));
        },
      ),
      { numRuns: 40 },
    );
  });

  it("crops what it stretched, where the stretch is larger", async () => {
    const picture = makePicture(12, 10);
    const tensor = await preprocessImage(
      await pngOf(picture),
      preprocessing({ stretchTo: { width: 12, height: 10 }, width: 8, height: 6 }),
    );
    expect(Array.from(tensor)).toEqual(cut(picture, 2, 2, { width: 8, height: 6 }));
  });

  it("rounds the longer edge down, as transformers does", async () => {
    // 10 x 15 to the shortest edge 5 is 5 x 7, of which rows 1 to 5 are the centre.
    const picture = makePicture(10, 15);
    const spec = { interpolation: "bilinear", width: 5, height: 5 } as const;
    const tensor = await preprocessImage(
      await pngOf(picture),
      preprocessing({ ...spec, resize: "shortest-edge", shortestEdge: 5 }),
    );
    const expected = cut(resampled(picture, 5, 7, BILINEAR), 0, 1, { width: 5, height: 5 });
    expected.forEach((value, i) => expect(Math.abs((tensor[i] ?? 0) - value)).toBeLessThanOrEqual(5));
  });
});

describe("laying pixels out", () => {
  it("rescales, subtracts the mean and divides by the deviation, a channel", async () => {
    const spec = { rescale: 1 / 255, mean: [0.5, 0.25, 0], std: [0.5, 0.25, 2] } as const;
    const tensor = await preprocessImage(
      await plain(8, 8, "#ff8000"),
      preprocessing({ ...spec, mean: [...spec.mean], std: [...spec.std] }),
    );
    const [r, g, b] = pixel(tensor, 3, 3);
    expect(r).toBeCloseTo((1 - 0.5) / 0.5, 6);
    expect(g).toBeCloseTo((128 / 255 - 0.25) / 0.25, 6);
    expect(b).toBeCloseTo(0, 6);
  });

  it("puts the channels of nchw one after the other", async () => {
    const picture = makePicture(8, 8);
    const tensor = await preprocessImage(await pngOf(picture), preprocessing({ layout: "nchw" }));
    for (let i = 0; i < 64; i++)
      for (let c = 0; c < 3; c++) expect(tensor[c * 64 + i]).toBe(picture.data[i * 3 + c]);
  });

  it("turns channels round for a network of blue, green and red, each with the mean of its colour", async () => {
    const tensor = await preprocessImage(
      await plain(8, 8, "#0a141e"),
      preprocessing({ channels: "bgr", mean: [1, 2, 3] }),
    );
    expect(pixel(tensor, 0, 0)).toEqual([30 - 3, 20 - 2, 10 - 1]);
  });

  it("reads grey pictures and those of 16 bits as colours of 8 bits", async () => {
    const grey = await sharp(await plain(8, 8, "#808080"))
      .toColourspace("b-w")
      .png()
      .toBuffer();
    expect(pixel(await preprocessImage(grey, preprocessing()), 0, 0)).toEqual([128, 128, 128]);
    const deep = await sharp(await plain(8, 8, "#ff0000"))
      .toColourspace("rgb16")
      .png()
      .toBuffer();
    expect(pixel(await preprocessImage(deep, preprocessing()), 0, 0)).toEqual(RED);
  });
});
