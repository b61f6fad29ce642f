import { afterAll, describe, expect, test } from "vitest";
import {
  createAnchorsGenerator,
  createCaptionsGenerator,
  createClassNamesGenerator,
  createExpansionGenerator,
  createListGenerator,
  createMutationGenerator,
  createPhrasesGenerator,
  createTagsGenerator,
  createTemplateGenerator,
} from "../../../../src/features/consensus/generators/index.ts";
import type { Generator, Payload, RankedProposal, State } from "../../../../src/features/consensus/index.ts";
import { createRandom } from "../../../../src/math/random.ts";
import { closeKernels } from "../../../../src/retrieval/index.ts";
import { proposalOf, sceneOf, writtenView, type WrittenAnchor } from "../../../support/scenes.ts";

afterAll(closeKernels);

const signal = new AbortController().signal;
const text = (of: string): Payload => ({ kind: "text", text: of });

/** Three kinds of pictures along three axes, the first of each kind the nearest to its axis. */
const ANCHORS: WrittenAnchor[] = [
  ["a red fox", "fox", ["red", "animal"]],
  ["a red fox in the snow", "fox", ["red", "animal", "snow"]],
  ["a grey owl", "owl", ["grey", "animal"]],
  ["an owl in a tree", "owl", ["tree", "animal"]],
  ["a green tree", "plant", ["green"]],
  ["the snow", "plant", ["snow"]],
].map(([caption, kind, tags], i) => {
  const axis = Math.floor(i / 2);
  const vector = [0, 1, 2].map((at) => (at === axis ? 1 : 0.1 * (i % 2)));
  return {
    id: `a${i}`,
    image: vector,
    text: vector,
    caption: caption as string,
    metadata: { kind, tags } as never,
  };
});
const FOX = Float32Array.from([1, 0, 0]);
const VECTORS = new Map(ANCHORS.map(({ caption = "", text: vector }) => [caption, vector] as const));

const scene = async () => sceneOf(await writtenView(ANCHORS), { images: FOX }, { vectors: VECTORS });
const first: State = { round: 1, survivors: [], has: () => false };
const after = (...texts: string[]): State => ({
  round: 2,
  survivors: texts.map((each): RankedProposal => ({
    proposal: proposalOf(text(each)),
    multiplicity: 1,
    value: 0,
    scores: [],
    judged: true,
  })),
  has: (payload) => payload.kind === "text" && texts.includes(payload.text),
});
const propose = async (generator: Generator, state = first, count = 50, seed = 1): Promise<string[]> =>
  (await generator.propose(state, count, createRandom(seed), signal)).map(({ payload }) =>
    payload.kind === "text" ? payload.text : payload.kind === "anchor" ? payload.anchor : "",
  );

describe("candidates from the store", () => {
  test("are captions, the nearest images' first, and as many as are wanted", async () => {
    const generator = createCaptionsGenerator(await scene());
    expect(await propose(generator, first, 2)).toEqual(["a red fox", "a red fox in the snow"]);
    expect(await propose(generator, after("a red fox"), 1)).toEqual(["a red fox in the snow"]);
  });

  test("are class names, the most frequent first, and tags of the nearest", async () => {
    expect(await propose(createClassNamesGenerator(await scene(), { field: "kind" }))).toEqual([
      "fox",
      "owl",
      "plant",
    ]);
    expect(await propose(createTagsGenerator(await scene(), { field: "tags", k: 2 }))).toEqual([
      "red",
      "animal",
      "snow",
    ]);
    expect(await propose(createTagsGenerator(await scene(), { field: "none" }))).toEqual([]);
  });

  test("are phrases that captions of near images have and others have not", async () => {
    const phrases = await propose(createPhrasesGenerator(await scene(), { k: 2 }));
    expect(phrases.slice(0, 3)).toEqual(expect.arrayContaining(["a red fox", "red fox"]));
    expect(phrases.indexOf("red")).toBeLessThan(phrases.indexOf("snow"));
  });

  test("are the anchors themselves, near to a text where there is no image", async () => {
    const asked = sceneOf(await writtenView(ANCHORS), { texts: Float32Array.from([0, 1, 0]) });
    expect(await propose(createAnchorsGenerator(asked), first, 2)).toEqual(["a2", "a3"]);
  });

  test("grow by captions near to what survived", async () => {
    const generator = createExpansionGenerator(await scene(), { k: 2 });
    expect(await propose(generator)).toEqual([]);
    expect(await propose(generator, after("a grey owl"))).toEqual(["an owl in a tree"]);
  });
});

describe("a list", () => {
  test("is proposed in order, what is left of it in later rounds", async () => {
    const generator = createListGenerator({ payloads: ["a", "b", "c"].map(text) });
    expect(await propose(generator, first, 2)).toEqual(["a", "b"]);
    expect(await propose(generator, after("a", "b"))).toEqual(["c"]);
  });
});

describe("a template", () => {
  const words = { size: ["small", "large"], thing: ["fox", "owl", "tree"] };
  const generator = () => createTemplateGenerator({ template: "a {size} {thing}, {size}", words });

  test("is filled in every way where that is not too many", async () => {
    const all = await propose(generator());
    expect(all).toHaveLength(6);
    expect(all).toContain("a large owl, large");
  });

  test("is filled at random where it is, the same way for the same seed", async () => {
    const some = await propose(generator(), first, 3, 7);
    expect(new Set(some).size).toBe(3);
    expect(await propose(generator(), first, 3, 7)).toEqual(some);
  });

  test("changes one word of what survived", async () => {
    const filler = generator();
    const [start = ""] = await propose(filler, first, 2);
    for (const next of await propose(filler, after(start), 2)) {
      const changed = (of: RegExp) => of.exec(next)?.[1] !== of.exec(start)?.[1];
      expect(Number(changed(/^a (\w+)/)) + Number(changed(/(\w+),/))).toBe(1);
    }
  });
});

describe("mutation", () => {
  const only = async (operation: "add" | "drop" | "swap") =>
    propose(
      createMutationGenerator(await scene(), { operations: [operation], words: ["blue", "sea"] }),
      after("red fox"),
    );

  test("adds, drops or swaps one keyword", async () => {
    expect((await only("drop")).sort()).toEqual(["fox", "red"]);
    expect((await only("swap")).sort()).toEqual(["blue fox", "red blue", "red sea", "sea fox"]);
    expect((await only("add")).sort()).toEqual(
      ["blue", "sea"].flatMap((word) => [`${word} red fox`, `red ${word} fox`, `red fox ${word}`]).sort(),
    );
  });

  test("takes words from captions of the nearest where none are given, and has nothing to change at first", async () => {
    const generator = createMutationGenerator(await scene());
    expect(await propose(generator)).toEqual([]);
    const known = new Set(ANCHORS.flatMap(({ caption = "" }) => caption.split(" ")));
    const made = await propose(generator, after("a red fox"));
    expect(made.length).toBeGreaterThan(10);
    expect(made.flatMap((each) => each.split(" ")).every((word) => known.has(word))).toBe(true);
  });
});
