import { createHash } from "node:crypto";
import { beforeAll, describe, expect, it } from "vitest";
import {
  chooseAnchors,
  eligibleClasses,
  splitClasses,
  type Drawn,
} from "../../../research/evaluation/emoji-protocol.ts";
import { createRandom } from "../../../src/math/random.ts";
import { QUERY_VENDOR, readPairs, VENDORS, type EmojiPair } from "../../../src/features/sample/index.ts";

const OTHERS = VENDORS.map(({ id }) => id).filter((id) => id !== QUERY_VENDOR);

let pairs: (EmojiPair & Drawn)[];
let classes: string[];
let heldOut: string[];

beforeAll(async () => {
  const drawn = await readPairs(VENDORS.map(({ id }) => id));
  pairs = drawn.map((pair) => ({ ...pair, digest: createHash("sha256").update(pair.image).digest("hex") }));
  classes = eligibleClasses(pairs, QUERY_VENDOR);
  heldOut = createRandom(3).sample(splitClasses(classes).reporting, 300);
});

describe("classes", () => {
  it("were each drawn by the query vendor and two others", () => {
    expect(classes.length).toBeGreaterThan(1_000);
    const drawings = new Set(pairs.map(({ vendor, emoji }) => `${vendor}/${emoji.hexcode}`));
    const wrong = classes.filter((hexcode) => {
      const others = OTHERS.filter((vendor) => drawings.has(`${vendor}/${hexcode}`));
      return !drawings.has(`${QUERY_VENDOR}/${hexcode}`) || others.length < 2;
    });
    expect(wrong).toEqual([]);
  });

  it("never share a picture, for no one could tell them apart", () => {
    const pictures = pairs
      .filter(({ vendor, emoji }) => vendor === QUERY_VENDOR && classes.includes(emoji.hexcode))
      .map(({ digest }) => digest);
    expect(new Set(pictures).size).toBe(pictures.length);
  });

  it("are in one half only, and in the same one whenever they are split", () => {
    const { tuning, reporting } = splitClasses(classes);
    expect([...tuning, ...reporting].sort()).toEqual(classes);
    expect(tuning.length).toBe(Math.floor(classes.length / 2));
    expect(splitClasses(classes)).toEqual({ tuning, reporting });
  });
});

describe("anchors", () => {
  it.each(["seen", "unseen"] as const)("show no class that is asked for, in %s style", (style) => {
    const anchors = chooseAnchors(pairs, QUERY_VENDOR, { vendors: OTHERS, style }, heldOut, 0);
    expect(anchors.length).toBeGreaterThan(4_000);
    expect(anchors.filter(({ emoji }) => heldOut.includes(emoji.hexcode))).toEqual([]);
    const queries = pairs.filter(
      ({ vendor, emoji }) => vendor === QUERY_VENDOR && heldOut.includes(emoji.hexcode),
    );
    const pictures = new Set(queries.map(({ digest }) => digest));
    expect(anchors.filter(({ digest }) => pictures.has(digest))).toEqual([]);
  });

  it("hold the query vendor's drawings in seen style alone", () => {
    const vendorsOf = (style: "seen" | "unseen") =>
      new Set(
        chooseAnchors(pairs, QUERY_VENDOR, { vendors: OTHERS, style }, heldOut, 0).map(
          ({ vendor }) => vendor,
        ),
      );
    expect(vendorsOf("unseen")).toEqual(new Set(OTHERS));
    expect(vendorsOf("seen")).toEqual(new Set([...OTHERS, QUERY_VENDOR]));
  });

  it("of a smaller number are part of a larger one of the same run", () => {
    const choose = (count: number) =>
      chooseAnchors(pairs, QUERY_VENDOR, { vendors: OTHERS, style: "unseen", count }, heldOut, 5);
    expect(choose(400).slice(0, 100)).toEqual(choose(100));
  });
});
