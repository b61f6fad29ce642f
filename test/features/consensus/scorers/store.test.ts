import { afterAll, describe, expect, test } from "vitest";
import { scoreByMethod } from "../../../../src/asif/index.ts";
import {
  createAsifScorer,
  createConsistencyScorer,
  createCsaScorer,
  createImageImageScorer,
  createKnnVoteScorer,
  createLocalScorer,
  createNeighbourCaptionsScorer,
  createReverseRetrievalScorer,
  createTextTextScorer,
  createVotesScorer,
} from "../../../../src/features/consensus/scorers/index.ts";
import type { Scene } from "../../../../src/features/consensus/scene/index.ts";
import type { Scorer } from "../../../../src/features/consensus/index.ts";
import { closeKernels } from "../../../../src/retrieval/index.ts";
import { randomAnchors, settings } from "../../../support/anchor-space.ts";
import { cosine, naiveRelative, naiveScore } from "../../../support/naive-asif.ts";
import { innerProduct } from "../../../support/naive-index.ts";
import { proposalOf, sceneOf, textProposals, writtenView } from "../../../support/scenes.ts";

afterAll(closeKernels);

const KINDS = ["fox", "Owl", "hen"];
const ANCHORS = randomAnchors(60, 1).map((anchor, i) => ({
  ...anchor,
  metadata: { kind: KINDS[i % 3] ?? "", tags: i % 2 === 0 ? ["even", String(i % 5)] : [] },
}));
const QUERIES = randomAnchors(6, 2);
const ALL = settings(30, 2);
const signal = new AbortController().signal;

const VECTORS = new Map(QUERIES.map(({ id, text }) => [`text of ${id}`, text] as const));
const TEXTS = [...VECTORS.keys()];
const IMAGE = QUERIES[0]?.image ?? [];
const images = (...ids: number[]): Float32Array =>
  Float32Array.from(ids.flatMap((i) => QUERIES[i]?.image ?? []));
const texts = (...ids: number[]): Float32Array =>
  Float32Array.from(ids.flatMap((i) => QUERIES[i]?.text ?? []));

const scores = async (
  scorer: Scorer,
  proposals = textProposals(TEXTS),
  counts?: number[],
): Promise<number[]> => [...(await scorer.score(proposals, signal, counts)).scores];
const expectClose = (found: Iterable<number>, expected: readonly number[]): void => {
  const all = [...found];
  expect(all).toHaveLength(expected.length);
  all.forEach((value, i) => {
    if (Number.isNaN(expected[i])) expect(value).toBeNaN();
    else expect(value).toBeCloseTo(expected[i] ?? 0, 4);
  });
};
const describing = async (condition: Parameters<typeof sceneOf>[1] = { images: images(0) }): Promise<Scene> =>
  sceneOf(await writtenView(ANCHORS), condition, { vectors: VECTORS });

describe("asif", () => {
  test("scores a text with the image of the condition as a similarity does", async () => {
    const scorer = createAsifScorer(await describing());
    expectClose(
      await scores(scorer),
      QUERIES.map(({ text }) => naiveScore(ANCHORS, IMAGE, text, ALL)),
    );
  });

  test("scores images with the text of the condition, and frames by their mean", async () => {
    const view = await writtenView(ANCHORS);
    const proposals = ANCHORS.slice(0, 5).map(({ id }) =>
      proposalOf({ kind: "anchor", anchor: id as never }),
    );
    expectClose(
      await scores(createAsifScorer(sceneOf(view, { texts: texts(3) })), proposals),
      ANCHORS.slice(0, 5).map(({ image }) => naiveScore(ANCHORS, image, QUERIES[3]?.text ?? [], ALL)),
    );
    const framed = sceneOf(view, { images: images(0, 1) }, { vectors: VECTORS });
    const one = (i: number, text: readonly number[]) =>
      naiveScore(ANCHORS, QUERIES[i]?.image ?? [], text, ALL);
    expectClose(
      await scores(createAsifScorer(framed)),
      QUERIES.map(({ text }) => (one(0, text) + one(1, text)) / 2),
    );
  });

  test("measures against captions of anchors, each by the others", async () => {
    const scorer = createAsifScorer(await describing());
    const expected = ANCHORS.map((self) =>
      innerProduct(
        naiveRelative(ANCHORS, "image", IMAGE, ALL),
        naiveRelative(ANCHORS, "text", self.text, { ...ALL, memory: (anchor) => anchor !== self }),
      ),
    );
    const background = [...((await scorer.background?.(signal)) ?? [])];
    expectClose(
      background.sort((a, b) => a - b),
      expected.sort((a, b) => a - b),
    );
  });

  test("leaves the anchor out that the condition is", async () => {
    const view = await writtenView(ANCHORS);
    const [self] = ANCHORS;
    const condition = {
      images: Float32Array.from(self?.image ?? []),
      self: [view.slotOf(self?.id as never) ?? -1],
    };
    const scorer = createAsifScorer(sceneOf(view, condition, { vectors: VECTORS }));
    const memory = { ...ALL, memory: (anchor: unknown) => anchor !== self };
    expectClose(
      await scores(scorer),
      QUERIES.map(({ text }) => naiveScore(ANCHORS, self?.image ?? [], text, memory)),
    );
    expect(await scorer.background?.(signal)).toHaveLength(59);
  });

  test("cannot judge what is not of the other modality, or has no vector", async () => {
    const scorer = createAsifScorer(await describing());
    const proposals = [
      ...textProposals(["unheard of"]),
      proposalOf({ kind: "vector", modality: "image", vector: [...IMAGE] }),
      proposalOf({ kind: "vector", modality: "text", vector: [...(QUERIES[2]?.text ?? [])] }),
    ];
    expectClose(await scores(scorer, proposals), [
      Number.NaN,
      Number.NaN,
      naiveScore(ANCHORS, IMAGE, QUERIES[2]?.text ?? [], ALL),
    ]);
  });
});

describe("csa", () => {
  test.each(["csa", "ridge", "orthogonal", "asif-csa"] as const)(
    "scores as the method %s does, either way",
    async (method) => {
      const view = await writtenView(ANCHORS);
      const one = sceneOf(view, { images: images(0) }, { vectors: VECTORS });
      expectClose(await scores(createCsaScorer(one, { method })), [
        ...(await scoreByMethod(view, method, images(0), texts(0, 1, 2, 3, 4, 5), ALL)),
      ]);
      const other = sceneOf(view, { texts: texts(1) });
      const proposals = QUERIES.map(({ image }) =>
        proposalOf({ kind: "vector", modality: "image", vector: [...image] }),
      );
      expectClose(await scores(createCsaScorer(other, { method }), proposals), [
        ...(await scoreByMethod(view, method, images(0, 1, 2, 3, 4, 5), texts(1), ALL)),
      ]);
    },
  );
});

describe.each(["local", "asif+local"] as const)("%s", (method) => {
  test("scores as the method does, either way", async () => {
    const view = await writtenView(ANCHORS);
    const one = sceneOf(view, { images: images(0) }, { vectors: VECTORS });
    expectClose(await scores(createLocalScorer(one, method)), [
      ...(await scoreByMethod(view, method, images(0), texts(0, 1, 2, 3, 4, 5), ALL)),
    ]);
    const other = sceneOf(view, { texts: texts(1) });
    const proposals = QUERIES.map(({ image }) =>
      proposalOf({ kind: "vector", modality: "image", vector: [...image] }),
    );
    expectClose(await scores(createLocalScorer(other, method), proposals), [
      ...(await scoreByMethod(view, method, images(0, 1, 2, 3, 4, 5), texts(1), ALL)),
    ]);
  });

  test("measures an image against the captions that its scores are scaled by, of mean 0", async () => {
    const background = [
      ...((await createLocalScorer(await describing(), method).background?.(signal)) ?? []),
    ];
    expect(background).toHaveLength(30);
    expect(background.reduce((sum, score) => sum + score, 0) / 30).toBeCloseTo(0, 6);
  });

  test("measures a text against images of anchors, each by the other anchors", async () => {
    const view = await writtenView(ANCHORS);
    const background = await createLocalScorer(sceneOf(view, { texts: texts(1) }), method).background?.(
      signal,
    );
    expect(background).toHaveLength(60);
    const [self] = ANCHORS;
    const others = { ...ALL, allow: view.bitmap(({ id }) => id !== self?.id) };
    const alone = await scoreByMethod(view, method, Float32Array.from(self?.image ?? []), texts(1), others);
    // The references and the text's own neighbours differ a little without the anchor.
    expect(Math.abs((background?.[0] ?? 0) - (alone[0] ?? 0))).toBeLessThan(0.5);
  });

  test("leaves the anchor out that the condition is", async () => {
    const view = await writtenView(ANCHORS);
    const [self] = ANCHORS;
    const image = Float32Array.from(self?.image ?? []);
    const scene = sceneOf(
      view,
      { images: image, self: [view.slotOf(self?.id as never) ?? -1] },
      { vectors: VECTORS },
    );
    const others = { ...ALL, allow: view.bitmap(({ id }) => id !== self?.id) };
    expectClose(await scores(createLocalScorer(scene, method)), [
      ...(await scoreByMethod(view, method, image, texts(0, 1, 2, 3, 4, 5), others)),
    ]);
  });
});

describe("within a modality", () => {
  test("texts are compared with the text of the condition, images with its image", async () => {
    const scene = await describing({ images: images(0), texts: texts(1) });
    expectClose(
      await scores(createTextTextScorer(scene)),
      QUERIES.map(({ text }) => cosine(text, QUERIES[1]?.text ?? [])),
    );
    const proposals = ANCHORS.slice(0, 4).map(({ id }) =>
      proposalOf({ kind: "anchor", anchor: id as never }),
    );
    expectClose(
      await scores(createImageImageScorer(scene), proposals),
      ANCHORS.slice(0, 4).map(({ image }) => cosine(image, IMAGE)),
    );
  });

  test("a text agrees with the captions of the nearest images, the nearer the more", async () => {
    const near = ANCHORS.map((anchor) => ({ anchor, similarity: cosine(anchor.image, IMAGE) }))
      .sort((a, b) => b.similarity - a.similarity)
      .slice(0, 7);
    const weights = near.map(({ similarity }) => Math.exp(similarity / 0.2));
    const all = weights.reduce((a, b) => a + b, 0);
    expectClose(
      await scores(createNeighbourCaptionsScorer(await describing(), { k: 7, temperature: 0.2 })),
      QUERIES.map(({ text }) =>
        near.reduce((sum, { anchor }, i) => sum + ((weights[i] ?? 0) / all) * cosine(anchor.text, text), 0),
      ),
    );
  });
});

describe("the way back", () => {
  test("is minus the logarithm of the image's rank among the anchors' by the text", async () => {
    const view = await writtenView(ANCHORS);
    const scene = sceneOf(view, { images: images(0) }, { vectors: VECTORS });
    const gallery = Float32Array.from([...IMAGE, ...ANCHORS.flatMap(({ image }) => [...image])]);
    const all = await scoreByMethod(view, "csa", gallery, texts(0, 1, 2, 3, 4, 5), ALL);
    expectClose(
      await scores(createReverseRetrievalScorer(scene)),
      QUERIES.map((_, text) => {
        const own = all[text] ?? 0;
        const above = ANCHORS.filter((_anchor, i) => (all[(i + 1) * 6 + text] ?? 0) > own).length;
        return -Math.log(1 + above);
      }),
    );
  });

  test("is the same where there are more images than are shown at once", async () => {
    const anchors = randomAnchors(1_500, 3);
    const view = await writtenView(anchors);
    const scene = sceneOf(view, { images: images(0, 1) }, { vectors: VECTORS });
    const gallery = Float32Array.from(
      [...QUERIES.slice(0, 2), ...anchors].flatMap(({ image }) => [...image]),
    );
    const all = await scoreByMethod(view, "csa", gallery, texts(0, 1, 2, 3, 4, 5), ALL);
    const rankOf = (frame: number, text: number): number =>
      1 + anchors.filter((_, i) => (all[(i + 2) * 6 + text] ?? 0) > (all[frame * 6 + text] ?? 0)).length;
    const found = await scores(createReverseRetrievalScorer(scene));
    QUERIES.forEach((_, text) => {
      const exact = -(Math.log(rankOf(0, text)) + Math.log(rankOf(1, text))) / 2;
      // Products in float32 may put one more or one less before it.
      expect(Math.abs((found[text] ?? 0) - exact)).toBeLessThan(0.05);
    });
  });
});

describe("without anchors", () => {
  test("what is judged by them cannot be judged", async () => {
    const view = await writtenView(ANCHORS);
    const none = { settings: { ...ALL, allow: view.bitmap(() => false) }, vectors: VECTORS };
    const scene = sceneOf(view, { images: images(0) }, none);
    for (const scorer of [
      createAsifScorer(scene),
      createCsaScorer(scene),
      createCsaScorer(scene, { method: "ridge" }),
      createCsaScorer(scene, { method: "asif-csa" }),
      createLocalScorer(scene, "local"),
      createLocalScorer(scene, "asif+local"),
      createNeighbourCaptionsScorer(scene),
      createReverseRetrievalScorer(scene),
      createKnnVoteScorer(scene, { field: "kind" }),
    ]) {
      expect(await scores(scorer), scorer.name).toEqual(TEXTS.map(() => Number.NaN));
      expect((await scorer.background?.(signal))?.every(Number.isNaN) ?? true, scorer.name).toBe(true);
    }
  });

  test("or by too few for a fit, what is judged by the fit cannot be, either", async () => {
    const scene = sceneOf(
      await writtenView(ANCHORS.slice(0, 1)),
      { images: images(0) },
      { vectors: VECTORS },
    );
    expect(await scores(createCsaScorer(scene))).toEqual(TEXTS.map(() => Number.NaN));
    expect((await scores(createAsifScorer(scene))).every(Number.isFinite)).toBe(true);
  });
});

describe("the votes of the nearest", () => {
  test("are shares of their weights, by name whatever its case; of what no anchor is nothing is said", async () => {
    const near = ANCHORS.map((anchor) => ({ anchor, similarity: cosine(anchor.image, IMAGE) }))
      .sort((a, b) => b.similarity - a.similarity)
      .slice(0, 5);
    const weights = near.map(({ similarity }) => Math.exp(similarity / 0.1));
    const all = weights.reduce((a, b) => a + b, 0);
    const votes = (kind: string): number =>
      near.reduce(
        (sum, { anchor }, i) => sum + (anchor.metadata.kind === kind ? (weights[i] ?? 0) / all : 0),
        0,
      );
    const scorer = createKnnVoteScorer(await describing(), { field: "kind", k: 5 });
    expectClose(await scores(scorer, textProposals(["FOX", " owl ", "hen", "newt"])), [
      ...KINDS.map(votes),
      Number.NaN,
    ]);
  });

  test("go to each of an anchor's tags", async () => {
    const scorer = createKnnVoteScorer(await describing(), { field: "tags", k: 60 });
    const [even = 0, ...digits] = await scores(scorer, textProposals(["even", "0", "1", "2", "3", "4"]));
    expect(even).toBeGreaterThan(0);
    expect(digits.reduce((a, b) => a + b, 0)).toBeCloseTo(even, 6);
  });
});

describe("agreement among proposals", () => {
  test("is the mean cosine with the others, each as often as it was proposed", async () => {
    const counts = [1, 3, 1, 1, 2, 1];
    expectClose(
      await scores(createConsistencyScorer(await describing()), textProposals(TEXTS), counts),
      QUERIES.map(({ text }, i) => {
        const others = QUERIES.map((other, j) => ({ other, times: (counts[j] ?? 0) - (i === j ? 1 : 0) }));
        return others.reduce((sum, { other, times }) => sum + times * cosine(text, other.text), 0) / 8;
      }),
    );
  });

  test("of one proposal alone is not defined", async () => {
    expect(
      await scores(createConsistencyScorer(await describing()), textProposals(TEXTS.slice(0, 1))),
    ).toEqual([Number.NaN]);
  });

  test("is the share of those with the same answer", async () => {
    const scorer = createVotesScorer({
      answerOf: (payload) => (payload.kind === "text" ? /\d+/.exec(payload.text)?.[0] : undefined),
    });
    const found = await scores(
      scorer,
      textProposals(["so 7", "it is 7", "8", "I do not know"]),
      [2, 1, 1, 5],
    );
    expect(found).toEqual([0.75, 0.75, 0.25, Number.NaN]);
  });
});

test("a text is embedded once in a run, whoever asks and how often", async () => {
  const view = await writtenView(ANCHORS);
  const asked: string[] = [];
  const scene = sceneOf(
    view,
    { images: images(0), texts: texts(1) },
    {
      template: "a drawing of {}",
      embed: (words) => {
        asked.push(...words);
        return Promise.resolve(words.map(() => Float32Array.from(QUERIES[0]?.text ?? [])));
      },
    },
  );
  const scorers = [
    createAsifScorer(scene),
    createCsaScorer(scene),
    createTextTextScorer(scene),
    createReverseRetrievalScorer(scene),
  ];
  await Promise.all(scorers.map((scorer) => scores(scorer, textProposals(["a", "b", "a"]))));
  await Promise.all(scorers.map((scorer) => scores(scorer, textProposals(["b", "c"]))));
  expect(asked).toEqual(["a", "b", "c"].map((word) => `a drawing of ${word}`));
});
