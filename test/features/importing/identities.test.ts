import { describe, expect, it } from "vitest";
import { createIdentities, type PairIds } from "../../../src/features/importing/identities.ts";
import type { Pair } from "../../../src/features/importing/index.ts";

const SHA = "0123456789abcdef".repeat(4);

const pairOf = (change: Partial<Pair>): Pair => ({
  kind: "pair",
  id: "fox",
  name: "fox.jpg",
  container: "/data/photos",
  text: "a fox",
  captionFrom: { kind: "sidecar", label: ".txt" },
  metadata: {},
  source: "photos/fox.jpg",
  image: () => Promise.resolve(new Uint8Array(1)),
  ...change,
});

const idsOf = (changes: readonly Partial<Pair>[], prefix = false): PairIds[] => {
  const identities = createIdentities({ prefix });
  const pairs = changes.map(pairOf);
  const hashOf = ({ text }: Pair): string => (text === "another" ? "f".repeat(64) : SHA);
  for (const pair of pairs) identities.note(pair, pair.embedded === true ? hashOf(pair) : null);
  return pairs.map((pair) => identities.idsOf(pair, hashOf(pair)));
};

const firstOf = (changes: readonly Partial<Pair>[], prefix = false): (string | undefined)[] =>
  idsOf(changes, prefix).map(({ fresh }) => fresh[0]);

describe("the id of a pair", () => {
  it("is the reader's where no other image has it", () => {
    expect(firstOf([{}, { id: "owl", name: "owl.jpg" }])).toEqual(["fox", "owl"]);
  });

  it("has a hash of the text where the image has several captions, in whatever order they come", () => {
    const ids = firstOf([{}, { text: "a red fox" }]);
    expect(ids).toEqual([expect.stringMatching(/^fox#\w{11}$/), expect.stringMatching(/^fox#\w{11}$/)]);
    expect(new Set(ids).size).toBe(2);
    expect(firstOf([{ text: "new" }, { text: "a red fox" }, {}]).slice(1)).toEqual([ids[1], ids[0]]);
  });

  it("tells pairs apart that differ in their metadata alone", () => {
    const ids = firstOf([{ metadata: { n: 1 } }, { metadata: { n: 2 } }, { text: "a wolf" }]);
    expect(new Set(ids).size).toBe(3);
  });

  it("has the extension where two files differ in it", () => {
    expect(firstOf([{}, { name: "fox.png" }])).toEqual(["fox.jpg", "fox.png"]);
  });

  it("has the last names of the container where two containers have the same names", () => {
    expect(
      firstOf([{ container: "/2023/trip" }, { container: "/2024/trip" }, { id: "owl", name: "owl.jpg" }]),
    ).toEqual(["2023/trip/fox", "2024/trip/fox", "owl"]);
    expect(firstOf([{ container: "/a/2023" }, { container: "/a/2024" }])).toEqual(["2023/fox", "2024/fox"]);
  });

  it("has the container's name before it where that was asked for", () => {
    expect(firstOf([{}], true)).toEqual(["photos/fox"]);
    const shard = { container: "/web/000.tar", id: "000/fox", name: "fox", embedded: true };
    expect(firstOf([shard], true)).toEqual(["000/fox"]);
  });

  it("has the image's hash where images in one Parquet file repeat a path", () => {
    const row = { container: "/t.parquet", id: "fox", name: "fox.jpg", embedded: true };
    expect(firstOf([row, { ...row, text: "another" }])).toEqual(["fox~01234567", "fox~ffffffff"]);
  });

  it("is left as the data give it", () => {
    const given = { id: "7", idIsGiven: true };
    expect(firstOf([given, { ...given, name: "owl.jpg" }])).toEqual(["7", "7"]);
  });

  it("keeps the end of a path of more than 200 characters, after a hash of the whole", () => {
    const id = `${"a long folder/".repeat(20)}fox`;
    const [short = ""] = firstOf([{ id, name: `${id}.jpg` }]);
    expect(short).toMatch(/^\w{11}~.*folder\/fox$/);
    expect(short).toHaveLength(200);
    expect(firstOf([{ id: `x${id}`, name: `x${id}.jpg` }])).not.toEqual([short]);
  });
});

describe("a pair that may be stored", () => {
  it("is looked for under the numbered ids of version 0.1 too, with the same content alone", () => {
    const [ids] = idsOf([{}, { text: "a red fox" }, { text: "a wolf" }]);
    expect(ids?.lookups.slice(0, 3)).toEqual([
      { id: "fox", accepts: "text" },
      { id: "fox#2", accepts: "same" },
      { id: "fox#3", accepts: "same" },
    ]);
  });

  it("is looked for under the ids that it has beside other images or sources", () => {
    const [ids] = idsOf([{}]);
    expect(ids?.lookups.map(({ id }) => id)).toEqual([
      "fox",
      "photos/fox",
      "data/photos/fox",
      "fox.jpg",
      "photos/fox.jpg",
      "data/photos/fox.jpg",
    ]);
  });
});
