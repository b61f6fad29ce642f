import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { METHODS } from "../../../src/api/methods.ts";
import { counterfactualAnswer } from "../../../src/features/counterfactual/api.ts";
import * as schemas from "../../../src/api/queries.ts";
import { openTestApp, pathsOf, stateOf, type Answer, type TestApp } from "../../http/support.ts";

let test: TestApp;

const OWNERS = ["ann", "bob", "cy"];
/** Foxes along the first axis, owls along the second, in both modalities. */
const anchorsOf = (count: number, from = 0) =>
  Array.from({ length: count }, (_, n) => {
    const i = n + from;
    const [fox, owl] = i % 2 === 0 ? [1, 0.05 * (i % 7)] : [0.05 * (i % 5), 1];
    return {
      id: `a${i}`,
      text: `${i % 2 === 0 ? "fox" : "owl"} ${i}`,
      imageVector: [fox, owl, 0.01 * i],
      textVector: [fox + 0.001 * i, owl],
      metadata: { owner: OWNERS[i % 3] },
    };
  });

const create = (name: string, more: object = {}): Promise<Answer> =>
  test.call("POST", "/v1/collections", {
    name,
    imageEncoder: { external: { dimension: 3 } },
    textEncoder: { external: { dimension: 2 } },
    asif: { k: 8, p: 3 },
    ...more,
  });

const put = (name: string, anchors: readonly object[]): Promise<Answer> =>
  test.call("PUT", `/v1/collections/${name}/anchors`, { anchors });

const QUESTION = {
  images: [{ vector: [1, 0.4, 0.1] }, { vector: [0.3, 1, 0] }, { vector: [0.8, 0.8, 0.2] }],
  classes: [
    { name: "fox", prompts: [{ vector: [1, 0.1] }] },
    { name: "owl", prompts: [{ vector: [0.1, 1] }, { vector: [0, 1] }] },
  ],
  explain: { top: 4, groupBy: "owner", against: "runner-up" },
};

beforeAll(async () => {
  test = await openTestApp();
  await create("c");
  await put("c", anchorsOf(40));
});

afterAll(() => test.close());

const ask = (request: object, name = "c"): Promise<Answer> =>
  test.call("POST", `/v1/collections/${name}/counterfactual`, { ...QUESTION, ...request });
const classify = async (name: string, request: object = {}) =>
  schemas.classifyAnswer.parse(
    (await test.call("POST", `/v1/collections/${name}/classify`, { ...QUESTION, ...request })).body,
  ).results;

const linksTo = (name: string, results: unknown): unknown =>
  JSON.parse(JSON.stringify(results).replaceAll(`/collections/${name}/`, "/collections/c/"));

describe("a counterfactual over HTTP", () => {
  it("is what the same collection answers once it is really edited, and writes nothing", async () => {
    const before = await stateOf(test);
    const come = [...anchorsOf(3, 100), { ...anchorsOf(1)[0], imageVector: [0, 1, 0] }];
    const without = { ids: ["a5", "a7", "nobody"], filter: { owner: "bob" } };
    const answer = counterfactualAnswer.parse((await ask({ without, with: come })).body);
    expect(await stateOf(test)).toEqual(before);

    await create("edited");
    await put("edited", anchorsOf(40));
    await test.call("POST", "/v1/collections/edited/anchors/delete", { filter: without.filter });
    await test.call("POST", "/v1/collections/edited/anchors/delete", { ids: without.ids });
    await put("edited", come);
    const really = (await test.call("GET", "/v1/collections/edited")).body as { anchorCount: number };
    expect(answer.anchors).toEqual({ before: 40, after: really.anchorCount });
    expect(answer).toMatchObject({ removed: 14, added: 4, replaced: 1 });
    expect(answer.results.map((result) => result.before)).toEqual(await classify("c"));
    expect(answer.results.map((result) => result.after)).toEqual(linksTo("edited", await classify("edited")));
    expect(answer.transforms?.image).toEqual({
      transform: "none",
      transformVersion: 0,
      transformSequence: answer.sequence,
    });
  });

  it("names what flips", async () => {
    const answer = counterfactualAnswer.parse(
      (
        await ask({
          without: { ids: anchorsOf(40).flatMap(({ id, text }) => (text.startsWith("fox") ? [id] : [])) },
        })
      ).body,
    );
    expect(answer.results.map(({ flips }) => flips)).toEqual(
      answer.results.map(({ before, after }) => before.classes[0]?.name !== after.classes[0]?.name),
    );
    expect(answer.flipped).toBe(answer.results.filter(({ flips }) => flips).length);
    expect(answer.results[0]?.changes[0]?.name).toBe("fox");
  });

  it("knows of no anchor once all are taken away, and none before there is one", async () => {
    const gone = counterfactualAnswer.parse((await ask({ without: { filter: {} } })).body);
    expect(gone.anchors).toEqual({ before: 40, after: 0 });
    for (const { after } of gone.results) {
      expect(after.classes.map(({ name, score }) => [name, score])).toEqual([
        ["fox", 0],
        ["owl", 0],
      ]);
      expect(after.explanation).toEqual([]);
    }
    await create("empty");
    const added = counterfactualAnswer.parse((await ask({ with: anchorsOf(2) }, "empty")).body);
    expect(added.anchors).toEqual({ before: 0, after: 2 });
    expect(added.results[0]?.before.classes[0]?.score).toBe(0);
    expect(added.results[0]?.after.classes[0]?.score).toBeGreaterThan(0);
  });

  it("lets only those serve as memory that the filter lets through, of those that come too", async () => {
    const filter = { owner: { in: ["ann", "cy"] } };
    const come = anchorsOf(4, 100);
    const answer = counterfactualAnswer.parse(
      (await ask({ filter, without: { filter: { owner: "cy" } }, with: come })).body,
    );
    const kept = come.filter(({ metadata }) => metadata.owner !== "bob");
    await create("filtered");
    await put("filtered", [...anchorsOf(40).filter(({ metadata }) => metadata.owner === "ann"), ...kept]);
    expect(answer.results.map(({ after }) => after.classes)).toEqual(
      (await classify("filtered")).map(({ classes }) => classes),
    );
  });

  it.each([
    [{}, "without"],
    [{ without: {} }, "without"],
    [{ without: { ids: "a1" } }, "without.ids"],
    [{ without: { owner: "ann" } }, "without.owner"],
    [{ with: [] }, "with"],
    [{ with: [{ id: "x", imageVector: [1, 0, 0] }] }, "with.0.textVector"],
    [{ with: [{ id: "x", imageVector: [1, 0], textVector: [1, 0] }] }, "with.0.imageVector"],
    [{ with: anchorsOf(1).concat(anchorsOf(1)) }, "with.1.id"],
    [{ without: { ids: ["a1"] }, ef: 10 }, "ef"],
    [{ without: { ids: ["a1"] }, exact: false }, "exact"],
    [{ without: { ids: ["a1"] }, changes: -1 }, "changes"],
    [{ without: { ids: ["a1"] }, images: [{ anchor: "nobody" }] }, "images.0.anchor"],
    [{ without: { ids: ["a1"] }, explain: { against: "hen" } }, "explain.against"],
  ])("of %j is refused", async (request, path) => {
    const answer = await ask(request);
    expect(answer.status).toBe(400);
    expect(pathsOf(answer)[0]).toBe(path);
  });

  it("is refused where it would compare millions of scores, and where there is no collection", async () => {
    const classes = Array.from({ length: 1_001 }, (_, i) => ({
      name: `c${i}`,
      prompts: [{ vector: [1, 0] }],
    }));
    const images = Array.from({ length: 1_000 }, () => ({ anchor: "a1" }));
    const answer = await ask({ images, classes, explain: 0, without: { ids: ["a1"] } });
    expect(answer).toMatchObject({ status: 400, body: { errors: [{ path: "classes" }] } });
    expect((await ask({ without: { ids: ["a1"] } }, "nobody")).status).toBe(404);
  });

  it.each(METHODS.filter((method) => method !== "asif"))(
    "takes anchors away from %s too, which is fitted on those that stay, but adds none",
    async (method) => {
      const asked = { method, explain: 0, top: 2 };
      const without = { filter: { owner: "bob" } };
      const answer = counterfactualAnswer.parse((await ask({ ...asked, without })).body);
      const name = `edited-${method.replace("+", "-")}`;
      await create(name);
      await put(
        name,
        anchorsOf(40).filter(({ metadata }) => metadata.owner !== "bob"),
      );
      expect(answer.method).toBe(method);
      expect(answer.results.map(({ before }) => before)).toEqual(await classify("c", asked));
      expect(answer.results.map(({ after }) => after)).toEqual(await classify(name, asked));
      expect(answer.transforms).toBeUndefined();
      if (method === "local" || method === "asif+local") return;
      const adding = await ask({ ...asked, with: anchorsOf(1) });
      expect(adding).toMatchObject({ status: 422, body: { errors: [{ path: "with" }] } });
    },
  );

  it.each(["local", "asif+local"])(
    "adds anchors by %s as a collection that was really edited",
    async (method) => {
      const asked = { method, explain: { top: 3 }, top: 2 };
      const added = anchorsOf(52).slice(40);
      const { body } = await ask({ ...asked, without: { ids: ["a1", "a5"] }, with: added });
      const answer = counterfactualAnswer.parse(body);
      const name = `added-${method.replace("+", "-")}`;
      await create(name);
      await put(name, [...anchorsOf(40).filter(({ id }) => id !== "a1" && id !== "a5"), ...added]);
      const edited = await classify(name, asked);
      expect(answer).toMatchObject({ added: 12, removed: 2 });
      answer.results.forEach(({ after }, i) => {
        expect(after.classes.map(({ name: of }) => of)).toEqual(edited[i]?.classes.map(({ name: of }) => of));
        after.classes.forEach(({ score }, j) =>
          expect(score).toBeCloseTo(edited[i]?.classes[j]?.score ?? NaN, 4),
        );
        expect(after.explanation?.map(({ anchor }) => anchor)).toEqual(
          edited[i]?.explanation?.map(({ anchor }) => anchor),
        );
      });
    },
  );

  it("takes a thousand classes", async () => {
    const classes = Array.from({ length: 1_000 }, (_, i) => ({
      name: `c${i % 990}`,
      prompts: [{ vector: [1, i / 1_000] }],
    }));
    const answer = await ask({ classes, top: 3, explain: 0, without: { filter: { owner: "ann" } } });
    expect(counterfactualAnswer.parse(answer.body).results[0]?.after.classes).toHaveLength(3);
  });
});
