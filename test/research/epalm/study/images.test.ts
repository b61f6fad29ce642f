import sharp from "sharp";
import { describe, expect, test } from "vitest";
import { colourOfImage, colourOfPixel } from "../../../../research/epalm/study/colour.ts";
import { copiesOf } from "../../../../research/epalm/study/copies.ts";
import { readImages } from "../../../../research/epalm/study/images.ts";
import { captionBefore, itemsOf } from "../../../../research/epalm/study/questions.ts";
import { createRandom } from "../../../../src/math/random.ts";

const COUNTS = {
  seenClasses: 20,
  unseenClasses: 8,
  validation: 6,
  seen: 10,
  copies: { train: 10, validation: 5, seen: 5, unseen: 5 },
};

const svg = (body: string): Uint8Array =>
  new TextEncoder().encode(
    `<svg xmlns="http://www.w3.org/2000/svg" width="64" height="64" viewBox="0 0 64 64">${body}</svg>`,
  );

describe("the colour of an image", () => {
  test.each([
    [[220, 20, 30], "red"],
    [[250, 130, 10], "orange"],
    [[250, 220, 30], "yellow"],
    [[40, 160, 60], "green"],
    [[30, 90, 220], "blue"],
    [[120, 40, 200], "purple"],
    [[250, 130, 160], "pink"],
    [[120, 70, 30], "brown"],
    [[10, 10, 12], "black"],
    [[250, 250, 250], "white"],
    [[128, 128, 130], "grey"],
  ] as const)("of pixels %j is %s", ([red, green, blue], colour) => {
    expect(colourOfPixel(red, green, blue)[0]).toBe(colour);
  });

  test("is that of more than half of its pixels that have one, whatever its outline and background", async () => {
    const image = svg(
      `<circle cx="32" cy="32" r="28" fill="#e02020" stroke="black" stroke-width="4"/><rect x="28" y="28" width="8" height="8" fill="#2040e0"/>`,
    );
    expect(await colourOfImage(image)).toBe("red");
  });

  test("is none where two share it", async () => {
    const image = svg(
      `<rect width="32" height="64" fill="#e02020"/><rect x="32" width="32" height="64" fill="#2040e0"/>`,
    );
    expect(await colourOfImage(image)).toBeUndefined();
  });

  test("is black, grey or white where next to nothing has a hue", async () => {
    expect(await colourOfImage(svg(`<rect width="64" height="64" fill="#101010"/>`))).toBe("black");
  });
});

test("copies stand apart from each other on one canvas", async () => {
  const copies = copiesOf(svg(`<rect width="64" height="64" fill="#e02020"/>`), 4, createRandom(3));
  const { data, info } = await sharp(copies).ensureAlpha().raw().toBuffer({ resolveWithObject: true });
  let opaque = 0;
  for (let at = 3; at < data.length; at += 4) if ((data[at] ?? 0) > 128) opaque++;
  expect([info.width, info.height]).toEqual([120, 120]);
  expect(opaque).toBe(4 * 32 * 32);
});

describe("the images of a study", async () => {
  const images = await readImages(COUNTS);
  const of = (split: string) => images.filter((image) => image.split === split);

  test("have no drawing of an unseen emoji where they train or validate", () => {
    const unseen = new Set(of("unseen").map(({ emoji }) => emoji.hexcode));
    expect(unseen.size).toBe(COUNTS.unseenClasses);
    for (const split of ["train", "validation", "seen"])
      expect(of(split).some(({ emoji }) => unseen.has(emoji.hexcode))).toBe(false);
  });

  test("test drawings of a vendor that none other is by", () => {
    const vendorsOf = (split: string) => new Set(of(split).map(({ id }) => id.split("/")[0]));
    expect([...vendorsOf("seen"), ...vendorsOf("unseen")]).toEqual(["twemoji", "twemoji"]);
    expect(vendorsOf("train").has("twemoji")).toBe(false);
    expect(vendorsOf("validation").has("twemoji")).toBe(false);
  });

  test("are always the same", async () => {
    const again = await readImages(COUNTS);
    expect(again.map(({ id, image }) => [id, image])).toEqual(images.map(({ id, image }) => [id, image]));
  });

  test("are asked what they can be asked: copies how many, drawings the rest", () => {
    const items = itemsOf(images);
    for (const { image, asked } of items) {
      const { copies, colour } = images[image] ?? { copies: null, colour: null };
      expect(asked === "count").toBe(copies !== null);
      if (asked === "colour") expect(colour).not.toBeNull();
    }
    const counts = items.filter(({ asked, split }) => asked === "count" && split === "train");
    expect(counts.map(({ answer }) => answer).slice(0, 5)).toEqual(["one", "two", "three", "four", "five"]);
  });

  test("are told by their names and tags, copies by their number", () => {
    const single = images.find(({ copies }) => copies === null);
    const two = images.find(({ copies }) => copies === 2);
    expect(single === undefined ? "" : captionBefore(single)).toContain(single?.emoji.label.toLowerCase());
    expect(two === undefined ? "" : captionBefore(two)).toMatch(/^two .*s$/);
  });
});
