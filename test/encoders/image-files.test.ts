import { createServer } from "node:http";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { AddressInfo } from "node:net";
import { gzipSync } from "node:zlib";
import fc from "fast-check";
import sharp from "sharp";
import { describe, expect, it, onTestFinished } from "vitest";
import { makeThumbnail, preprocessImage } from "../../src/encoders/image.ts";
import type { FieldFault } from "../../src/errors.ts";
import { temporaryDirectory } from "../support/postgres.ts";
import { makePicture, pixel, plain, pngOf, preprocessing, svg } from "./pictures.ts";

const RED = [255, 0, 0];

const faultOf = async (bytes: Uint8Array, given: Parameters<typeof preprocessing>[0] = {}) => {
  const error: unknown = await preprocessImage(bytes, preprocessing(given)).catch(
    (thrown: unknown) => thrown,
  );
  return error as { code: string; message: string; faults: FieldFault[] };
};

describe("decoding an image file", () => {
  it("turns a photograph as its EXIF orientation says", async () => {
    const upper = await plain(16, 8, "#ff0000");
    const both = await sharp({ create: { width: 16, height: 16, channels: 3, background: "#0000ff" } })
      .composite([{ input: upper, left: 0, top: 0 }])
      .withMetadata({ orientation: 6 })
      .jpeg({ quality: 100, chromaSubsampling: "4:4:4" })
      .toBuffer();
    const tensor = await preprocessImage(both, preprocessing());
    // Orientation 6 is turned clockwise: what was above is on the right.
    expect(pixel(tensor, 7, 4)[0]).toBeGreaterThan(250);
    expect(pixel(tensor, 0, 4)[2]).toBeGreaterThan(250);
  });

  it("crops a turned photograph by its sides as they are seen", async () => {
    const turned = await sharp(await plain(8, 32, "#ff0000"))
      .withMetadata({ orientation: 6 })
      .jpeg()
      .toBuffer();
    await expect(
      preprocessImage(turned, preprocessing({ resize: "shortest-edge", shortestEdge: 8 })),
    ).resolves.toHaveLength(8 * 8 * 3);
  });

  it("lays transparency on the background", async () => {
    const glass = await sharp({
      create: { width: 8, height: 8, channels: 4, background: { r: 255, g: 0, b: 0, alpha: 0.5 } },
    })
      .png()
      .toBuffer();
    const [r, g, b] = pixel(await preprocessImage(glass, preprocessing({ background: "#0000ff" })), 0, 0);
    expect(r).toBeCloseTo(128, -0.5);
    expect(g).toBe(0);
    expect(b).toBeCloseTo(127, -0.5);
  });

  it("takes the first frame of an animation", async () => {
    const frames = await Promise.all(["#ff0000", "#00ff00"].map((colour) => plain(8, 8, colour)));
    const animation = await sharp(frames, { join: { animated: true } })
      .gif()
      .toBuffer();
    expect((await sharp(animation).metadata()).pages).toBe(2);
    expect(pixel(await preprocessImage(animation, preprocessing()), 4, 4)).toEqual(RED);
  });

  it.each(["png", "jpeg", "webp", "gif", "avif", "tiff"] as const)("reads %s", async (format) => {
    const bytes = await sharp(await plain(8, 8, "#ff0000"))
      .toFormat(format, { quality: 100 })
      .toBuffer();
    const [r = 0, g = 255, b = 255] = pixel(await preprocessImage(bytes, preprocessing()), 4, 4);
    expect(r).toBeGreaterThan(245);
    expect(Math.max(g, b)).toBeLessThan(12);
  });

  it("reads an image of 63 million pixels, shrinking a JPEG while it is read", async () => {
    const large = await sharp({
      create: { width: 9_000, height: 7_000, channels: 3, background: "#f00" },
      limitInputPixels: false,
    })
      .jpeg({ quality: 40 })
      .toBuffer();
    const [r = 0, g = 255] = pixel(await preprocessImage(large, preprocessing()), 4, 4);
    expect(r).toBeGreaterThan(245);
    expect(g).toBeLessThan(12);
  });

  it("renders a drawing at the size that is needed", async () => {
    const drawing = svg(
      '<rect width="5" height="10" fill="#f00"/>',
      'viewBox="0 0 10 10" width="2" height="2"',
    );
    const tensor = await preprocessImage(drawing, preprocessing({ width: 64, height: 64 }));
    expect(pixel(tensor, 30, 32, 64)).toEqual(RED);
    expect(pixel(tensor, 33, 32, 64)).toEqual([255, 255, 255]);
  });
});

describe("a drawing that refers to something outside of it", () => {
  it("makes no request", async () => {
    let requests = 0;
    const server = createServer((_, response) => {
      requests++;
      response.end();
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    onTestFinished(() => void server.close());
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/x.png`;
    const drawing = svg(
      `<style>@import url("${url}"); rect { fill: url("${url}"); }</style>` +
        `<image href="${url}" width="16" height="16"/><use xlink:href="${url}#a"/>`,
    );
    await preprocessImage(drawing, preprocessing()).catch(() => undefined);
    expect(requests).toBe(0);
  });

  it.each([
    ['<image href="https://example.org/x.png" width="4" height="4"/>', "https://example.org/x.png"],
    ["<use xlink:href='other.svg#a'/>", "other.svg#a"],
    ['<style>@import "x.css";</style>', "x.css"],
    ['<rect fill="url(p.svg#g)"/>', "p.svg#g"],
    ["<style>rect { fill: url( 'a.png' ) }</style>", "a.png"],
  ])("is rejected with what it refers to: %s", async (inside, reference) => {
    const fault = await faultOf(svg(inside));
    expect(fault.faults).toEqual([{ path: [], message: `refers to something outside of it (${reference})` }]);
    expect((await faultOf(gzipSync(svg(inside)))).message).toContain(reference);
    await expect(makeThumbnail(svg(inside))).rejects.toThrow(reference);
  });

  it("is read where it refers to its own parts, to data, or links to a page", async () => {
    const dot = (await plain(2, 2, "#ff0000")).toString("base64");
    const drawing = svg(
      `<!-- <image href="x.png"/> --><defs><linearGradient id="g"/></defs>` +
        `<a xlink:href="https://example.org"><rect width="16" height="16" fill="url(#g)"/></a>` +
        `<image href="data:image/png;base64,${dot}" width="16" height="16"/>`,
    );
    expect(pixel(await preprocessImage(drawing, preprocessing()), 4, 4)).toEqual(RED);
  });

  it("reads no file", async () => {
    const directory = await temporaryDirectory();
    const secret = join(directory, "secret.png");
    await writeFile(secret, await plain(16, 16, "#ff0000"));
    const text = join(directory, "secret.svg");
    await writeFile(text, '<rect width="16" height="16" fill="#f00"/>');
    const drawings = [
      svg(`<image href="file://${secret}" width="16" height="16"/>`),
      svg(`<image xlink:href="${secret}" width="16" height="16"/>`),
      svg(`<xi:include xmlns:xi="http://www.w3.org/2001/XInclude" href="file://${text}" parse="xml"/>`),
      Buffer.concat([
        Buffer.from(`<!DOCTYPE svg [<!ENTITY secret SYSTEM "file://${text}">]>`),
        svg("&secret;"),
      ]),
    ];
    for (const drawing of drawings) {
      const tensor = await preprocessImage(drawing, preprocessing()).catch(() => undefined);
      if (tensor !== undefined) expect(pixel(tensor, 4, 4)).toEqual([255, 255, 255]);
    }
  });
});

describe("what is no picture that can be read", () => {
  it.each([
    ["nothing", Buffer.alloc(0)],
    ["a text", Buffer.from("hello")],
    ["a web page", Buffer.from("<html><body>no</body></html>")],
    ["a web page with a drawing", Buffer.from("<!DOCTYPE html>\n<html><body><svg></svg></body></html>")],
    ["a PDF", Buffer.from("%PDF-1.4\n%%EOF")],
  ])("is refused: %s", async (_, bytes) => {
    expect(await faultOf(bytes)).toMatchObject({
      code: "invalid-input",
      faults: [{ path: [], message: expect.stringMatching(/^is not an image that can be read/) as string }],
    });
  });

  it("is refused where it breaks off", async () => {
    const whole = await sharp(await pngOf(makePicture(200, 200)))
      .jpeg()
      .toBuffer();
    for (const share of [0.1, 0.5, 0.9]) {
      const { code, message } = await faultOf(whole.subarray(0, Math.floor(whole.length * share)));
      expect(code).toBe("invalid-input");
      expect(message).toMatch(/^The image (cannot be decoded|is not an image)/);
    }
  });

  it("never fails by anything but a fault of its own, whatever bytes are wrong", async () => {
    const whole = await pngOf(makePicture(12, 12));
    await fc.assert(
      fc.asyncProperty(fc.nat(whole.length - 1), fc.integer({ min: 1, max: 255 }), async (at, change) => {
        const bytes = Uint8Array.from(whole, (byte, i) => (i === at ? byte ^ change : byte));
        const tensor = await preprocessImage(bytes, preprocessing()).catch((error: unknown) => error);
        if (!(tensor instanceof Float32Array)) expect(tensor).toMatchObject({ code: "invalid-input" });
      }),
      { numRuns: 100 },
    );
  });

  it("is refused before it is decoded where it declares too many pixels", async () => {
    const bomb = await sharp({
      create: { width: 10_000, height: 6_000, channels: 3, background: "#000" },
      limitInputPixels: false,
    })
      .png({ compressionLevel: 9 })
      .toBuffer();
    const large = preprocessImage(bomb, preprocessing(), 50_000_000);
    await expect(large).rejects.toThrow(
      "The image is too large: it has 10000 x 6000 pixels, and at most 50 million are accepted (MAX_MEGAPIXELS).",
    );
    await expect(makeThumbnail(bomb, 50_000_000)).rejects.toMatchObject({ code: "invalid-input" });
  });

  it("is refused before it is decoded where its pixels take too many bytes", async () => {
    const floats = await sharp(await plain(300, 300, "#ff0000"))
      .toColourspace("scrgb")
      .tiff({ compression: "none" })
      .toBuffer();
    await expect(preprocessImage(floats, preprocessing(), 90_000)).rejects.toThrow(
      "The image is too large: its 300 x 300 pixels take 2 MB decoded, and at most 0 are accepted",
    );
    await expect(preprocessImage(floats, preprocessing(), 200_000)).resolves.toHaveLength(8 * 8 * 3);
  });

  it.each([
    ["HEIC", "\0\0\0\x18ftypheic\0\0\0\0mif1heic"],
    ["JPEG XL", "\xff\x0a\xfa"],
    ["JPEG 2000", "\0\0\0\x0cjP  \r\n\x87\n"],
    ["BMP", `BM${"\0".repeat(12)}\x28\0\0\0\0\0\0\0`],
    ["camera raw", "II*\0\x10\0\0\0CR\x02\0"],
  ])("is refused by the name of its format: %s", async (name, file) => {
    const bytes = Buffer.from(file, "latin1");
    const message = `${name} is not read here; send JPEG, PNG, WebP, GIF, AVIF, TIFF or SVG`;
    expect(await faultOf(bytes)).toMatchObject({ message: `${message}.`, faults: [{ path: [], message }] });
    await expect(makeThumbnail(bytes)).rejects.toThrow(message);
  });

  it("is refused as HEIC where it is a whole file of it", async () => {
    const bytes = await readFile(new URL("../fixtures/images/cross.heic", import.meta.url));
    expect((await faultOf(bytes)).message).toMatch(/^HEIC is not read here; send JPEG/);
  });

  it("is refused by the same words each time, beside other images that fail", async () => {
    const whole = await sharp(await pngOf(makePicture(200, 200)))
      .jpeg()
      .toBuffer();
    const broken = [whole.subarray(0, 2_000), (await pngOf(makePicture(90, 90))).subarray(0, 3_000)];
    const faults = await Promise.all(Array.from({ length: 16 }, (_, i) => faultOf(broken[i % 2] ?? whole)));
    expect(new Set(faults.map(({ message }) => message))).toEqual(
      new Set(["The image cannot be decoded; it is truncated or damaged."]),
    );
  });

  it.each(["stretch", "cover", "contain", "shortest-edge"] as const)(
    "is refused where it is extremely long, resized by %s",
    async (resize) => {
      const thread = svg("<rect/>", 'width="100000" height="1"');
      expect(await faultOf(thread, { resize })).toMatchObject({ code: "invalid-input" });
    },
  );

  it("is refused where its scaled form would be too large to hold", async () => {
    const thread = await plain(60_000, 1, "#000000");
    expect((await faultOf(thread, { resize: "cover", width: 64, height: 64 })).message).toBe(
      "The image is too long and thin: 60000 x 1 pixels.",
    );
    await expect(preprocessImage(thread, preprocessing({ resize: "contain" }))).resolves.toHaveLength(
      8 * 8 * 3,
    );
  });
});

describe("a thumbnail", () => {
  it("is a WebP of at most 160 pixels a side, turned as it is seen", async () => {
    const turned = await sharp(await plain(800, 200, "#ff0000"))
      .withMetadata({ orientation: 6 })
      .jpeg()
      .toBuffer();
    const { mediaType, bytes } = await makeThumbnail(turned);
    expect(mediaType).toBe("image/webp");
    expect(await sharp(bytes).metadata()).toMatchObject({ format: "webp", width: 40, height: 160 });
  });

  it("does not enlarge pixels, but renders drawings at its size", async () => {
    expect(await sharp((await makeThumbnail(await plain(20, 10, "#fff"))).bytes).metadata()).toMatchObject({
      width: 20,
      height: 10,
    });
    expect(await sharp((await makeThumbnail(svg("<rect/>"))).bytes).metadata()).toMatchObject({ width: 160 });
  });
});
