import { execFileSync } from "node:child_process";
import { gzipSync } from "node:zlib";
import sharp from "sharp";
import { describe, expect, it } from "vitest";
import { createDecodePool } from "../../src/encoders/decoding/pool.ts";
import { makeThumbnail } from "../../src/encoders/image.ts";
import { plain, svg } from "./pictures.ts";

const MIB = 1024 * 1024;
const THUMBNAIL = { kind: "thumbnail", maxPixels: 200_000_000 } as const;

/** Each level doubles the time that drawing takes. */
const nestedMasks = (levels: number): Buffer =>
  Buffer.from(
    `<svg xmlns="http://www.w3.org/2000/svg" width="64" height="64"><defs>${Array.from(
      { length: levels },
      (_, i) =>
        `<mask id="m${i + 1}">${`<rect width="64" height="64" fill="#fff" mask="url(#m${i})"/>`.repeat(2)}</mask>`,
    ).join("")}<mask id="m0"><rect width="64" height="64" fill="#fff"/></mask></defs>
    <rect width="64" height="64" mask="url(#m${levels})"/></svg>`,
  );

const longText = (characters: number): Buffer => svg(`<text y="9">${"a".repeat(characters)}</text>`);

const children = (): string[] =>
  execFileSync("ps", ["-o", "args=", "--ppid", String(process.pid)], { encoding: "utf8" })
    .split("\n")
    .filter((line) => line.includes("decoder.mjs"));

describe("the pool of decoders", () => {
  it("starts no process before the first image", async () => {
    const before = children().length;
    const decode = createDecodePool();
    expect(children()).toHaveLength(before);
    await decode(THUMBNAIL, await plain(8, 8, "#f00"));
    expect(children()).toHaveLength(before + 1);
  });

  it("refuses a drawing that takes too long, and decodes other images meanwhile", async () => {
    const decode = createDecodePool({ quick: { cpuMs: 200 }, heavy: { cpuMs: 1_000 } });
    await decode(THUMBNAIL, svg("<rect/>"));
    const order: string[] = [];
    const bombs = Array.from({ length: 4 }, () =>
      decode(THUMBNAIL, nestedMasks(20)).catch((error: unknown) => {
        order.push("bomb");
        return error;
      }),
    );
    await decode(THUMBNAIL, svg("<rect/>")).then(() => order.push("image"));
    for (const refused of await Promise.all(bombs))
      expect(refused).toMatchObject({
        code: "invalid-input",
        message: "The image takes more than 1 s to decode, which is the bound here.",
      });
    expect(order).toEqual(["image", "bomb", "bomb", "bomb", "bomb"]);
  }, 120_000);

  it("refuses a drawing whose text takes too much memory, compressed or not", async () => {
    const decode = createDecodePool({ heavy: { memory: 300 * MIB } });
    for (const bytes of [longText(2_000_000), gzipSync(longText(2_000_000))])
      await expect(decode(THUMBNAIL, bytes)).rejects.toThrow(
        "The image takes more than 315 MB of memory to decode, which is the bound here.",
      );
    await expect(decode(THUMBNAIL, svg("<rect/>"))).resolves.toBeInstanceOf(Uint8Array);
  }, 120_000);

  it("refuses a compressed drawing that inflates beyond its bound", async () => {
    const bomb = gzipSync(Buffer.concat([svg("<rect/>"), Buffer.alloc(17 * MIB, " ")]));
    await expect(makeThumbnail(bomb)).rejects.toThrow(
      "The image is compressed and inflates to more than 16 MiB.",
    );
  });

  it("refuses an AVIF by its size where decoding it would take too much memory", async () => {
    const decode = createDecodePool({ quick: { memory: 128 * MIB }, heavy: { memory: 128 * MIB } });
    const avif = await sharp({ create: { width: 2_000, height: 1_500, channels: 3, background: "#888" } })
      .avif({ effort: 0 })
      .toBuffer();
    await expect(decode(THUMBNAIL, avif)).rejects.toThrow("takes more than 134 MB of memory");
    await expect(createDecodePool()(THUMBNAIL, avif)).resolves.toBeInstanceOf(Uint8Array);
  });

  it("decodes what needs much memory in a process of its own", async () => {
    const decode = createDecodePool({ quick: { memory: 115_000_000 } });
    const progressive = await sharp({
      create: { width: 2_000, height: 1_500, channels: 3, background: "#888" },
    })
      .jpeg({ progressive: true })
      .toBuffer();
    await expect(decode(THUMBNAIL, progressive)).resolves.toBeInstanceOf(Uint8Array);
  });

  it("refuses images as unavailable when too many of them wait", async () => {
    const decode = createDecodePool({ size: { waiting: 2 } });
    const image = await plain(8, 8, "#f00");
    const outcomes = await Promise.allSettled(Array.from({ length: 8 }, () => decode(THUMBNAIL, image)));
    const refused = outcomes.filter(({ status }) => status === "rejected");
    expect(refused.length).toBeGreaterThanOrEqual(1);
    for (const outcome of refused)
      expect(outcome).toMatchObject({ reason: { code: "unavailable", message: /Too many images/ } });
  });

  it("answers the image of a process that was killed from another", async () => {
    const decode = createDecodePool();
    const image = await plain(8, 8, "#f00");
    await decode(THUMBNAIL, image);
    const pids = execFileSync("ps", ["-o", "pid=,args=", "--ppid", String(process.pid)], { encoding: "utf8" })
      .split("\n")
      .filter((line) => line.includes("decoder.mjs"))
      .map((line) => Number(line.trim().split(" ", 1)));
    for (const pid of pids) process.kill(pid, "SIGKILL");
    await expect(decode(THUMBNAIL, image)).resolves.toBeInstanceOf(Uint8Array);
  });
});
