import { readFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { resample } from "../../src/encoders/decoding/resample.ts";
import { preprocessImage } from "../../src/encoders/image.ts";
import { pngOf, type Picture } from "./pictures.ts";

/** Written by `pillow/reference.py`. */
const reference = z
  .object({
    resized: z.array(
      z.object({
        filter: z.enum(["nearest", "box", "bilinear", "hamming", "bicubic", "lanczos"]),
        width: z.int(),
        height: z.int(),
        data: z.string(),
      }),
    ),
    cropped: z.string(),
  })
  .parse(JSON.parse(await readFile(new URL("pillow/reference.json", import.meta.url), "utf8")));

const [WIDTH, HEIGHT] = [47, 31];
const picture: Picture = {
  width: WIDTH,
  height: HEIGHT,
  data: Uint8Array.from({ length: WIDTH * HEIGHT * 3 }, (_, i) => {
    const [c, x, y] = [i % 3, Math.floor(i / 3) % WIDTH, Math.floor(i / 3 / WIDTH)];
    return (7 * x ** 2 + 13 * y ** 2 + 31 * x * y + 89 * c) % 256;
  }),
};

describe("resizing as Pillow does", () => {
  it.each(reference.resized)("gives Pillow's bytes by $filter to $width x $height", (expected) => {
    const { filter, width, height, data } = expected;
    const made = resample(picture, width, height, filter);
    expect(Buffer.from(made.data).equals(Buffer.from(data, "base64"))).toBe(true);
  });

  it("preprocesses an image file to Pillow's pixels", async () => {
    const pixels = await preprocessImage(await pngOf(picture), {
      ...{ width: 14, height: 14, resize: "shortest-edge", shortestEdge: 20, interpolation: "bicubic" },
      ...{ resampler: "pillow", background: "#ffffff", layout: "nhwc", channels: "rgb" },
      ...{ rescale: 1 / 255, mean: [0, 0, 0], std: [1, 1, 1] },
    });
    const expected = Buffer.from(reference.cropped, "base64");
    const difference = expected.map((byte, i) => Math.abs(Math.round((pixels[i] ?? 0) * 255) - byte));
    expect(Math.max(...difference)).toBeLessThanOrEqual(1);
    expect(pixels).toHaveLength(14 * 14 * 3);
  });
});
