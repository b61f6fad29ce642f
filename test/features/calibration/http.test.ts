import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createClient, type AnchorageApiError } from "../../../src/features/client.ts";
import * as calibration from "../../../src/features/calibration/api.ts";
import { z } from "zod";
import { classifyAnswer as coreAnswer } from "../../../src/api/queries.ts";
import { classifyResult, rankedClass } from "../../../src/api/explain.ts";
import { randomAnchors } from "../../support/anchor-space.ts";
import { listen, openTestApp, pathsOf, type Answer, type TestApp } from "../../http/support.ts";

let test: TestApp;

/** An answer with the fields of calibration; an unknown field is an error. */
const classifyAnswer = z.strictObject({
  ...coreAnswer.shape,
  ...calibration.sureAnswer,
  results: z.array(
    z.strictObject({
      ...classifyResult.shape,
      ...calibration.sureResult,
      classes: z.array(z.strictObject({ ...rankedClass.shape, ...calibration.sureRanked })),
    }),
  ),
});

const DIMENSIONS = { image: 12, text: 10 };
const external = (dimension: number) => ({ external: { dimension } });
/** Two anchors a caption, so that what is held out together is more than one. */
const ANCHORS = randomAnchors(240, 5, DIMENSIONS).map(({ id, image, text }, i) => ({
  id,
  text: `caption ${i % 120}`,
  imageVector: image,
  textVector: text,
  metadata: { owner: i % 3 === 0 ? "ann" : "bob", kind: i % 30 },
}));

const create = async (name: string, anchors: readonly object[]): Promise<void> => {
  const spec = {
    name,
    imageEncoder: external(DIMENSIONS.image),
    textEncoder: external(DIMENSIONS.text),
    asif: { k: 30, p: 3 },
    transform: "center",
  };
  expect((await test.call("POST", "/v1/collections", spec)).status).toBe(201);
  if (anchors.length > 0)
    expect((await test.call("PUT", `/v1/collections/${name}/anchors`, { anchors })).status).toBe(200);
};

const calibrate = async (name: string, request: object = {}): Promise<Answer> => {
  const answer = await test.call("POST", `/v1/collections/${name}/calibrate`, request);
  if (answer.status === 202) {
    const { id } = answer.body as { id: string };
    expect(answer.headers.get("location")).toBe(`/v1/jobs/${id}`);
    expect((await test.service.jobs.settled(id)).error).toBeNull();
  }
  return answer;
};

const listed = async (name: string) =>
  calibration.calibrationList.parse((await test.call("GET", `/v1/collections/${name}/calibrations`)).body)
    .calibrations;

const QUESTION = {
  images: ANCHORS.slice(0, 40).map(({ id }) => ({ anchor: id })),
  classes: ANCHORS.slice(0, 5).map(({ id }) => ({ name: id, prompts: [{ anchor: id }] })),
};

const classify = (name: string, request: object): Promise<Answer> =>
  test.call("POST", `/v1/collections/${name}/classify`, { ...QUESTION, ...request });

beforeAll(async () => {
  test = await openTestApp();
  await create("c", ANCHORS);
  expect((await calibrate("c", { classes: 5 })).status).toBe(202);
});

afterAll(() => test.close());

describe("a calibration", () => {
  it("is listed with what was measured, for ever more classes and the number asked for", async () => {
    const [only, ...others] = await listed("c");
    expect(others).toEqual([]);
    expect(only).toMatchObject({
      settings: { method: "asif", ensemble: "max", k: 30, p: 3, transform: "center", filter: null },
      current: true,
      anchors: 240,
      by: null,
      folds: 5,
    });
    expect(only?.byClasses.map(({ classes }) => classes)).toEqual([2, 3, 4, 5, 6, 8, 11, 16, 23, 24]);
    for (const { fittedImages, testedImages, riskCoverage, reliability, ...rung } of only?.byClasses ?? []) {
      expect(fittedImages + testedImages).toBe(240);
      expect(riskCoverage.at(-1)?.coverage).toBe(1);
      expect(riskCoverage.at(-1)?.risk).toBeCloseTo(1 - rung.accuracy, 12);
      expect(reliability.reduce((sum, { images }) => sum + images, 0)).toBe(testedImages);
      const right = reliability.reduce((sum, { images, accuracy }) => sum + images * accuracy, 0);
      expect(right / testedImages).toBeCloseTo(rung.accuracy, 9);
      for (const { from, to, confidence, accuracy, low, high } of reliability) {
        expect(confidence).toBeGreaterThanOrEqual(from);
        expect(confidence).toBeLessThanOrEqual(to);
        expect(low <= accuracy && accuracy <= high).toBe(true);
      }
      for (const { coverage, measuredCoverage } of rung.conformal)
        expect(measuredCoverage).toBeGreaterThan(coverage - 0.12);
    }
  });

  it("is the same again from the same anchors and seed, and is kept for each of the settings", async () => {
    const [first] = await listed("c");
    await calibrate("c", { classes: 5 });
    await calibrate("c", { k: 20, by: "kind" });
    const all = await listed("c");
    expect(all).toHaveLength(2);
    const again = all.find(({ settings }) => settings.k === 30);
    expect(again?.byClasses).toEqual(first?.byClasses);
    expect(all.find(({ settings }) => settings.k === 20)).toMatchObject({ by: "kind" });
  });

  it.each([
    [{ classes: 1 }, "classes"],
    [{ images: 10 }, "images"],
    [{ method: "magic" }, "method"],
    [{ by: 3 }, "by"],
    [{ exact: true }, "exact"],
    [{ filter: { owner: "nobody" } }, "filter"],
  ])("of %j is refused", async (request, path) => {
    const answer = await calibrate("c", request);
    expect(answer.status).toBe(400);
    expect(pathsOf(answer)[0]).toBe(path);
  });

  it("needs enough captions, or values of the field that is named", async () => {
    await create("none", []);
    await create("one", ANCHORS.slice(0, 1));
    expect((await calibrate("none")).status).toBe(422);
    expect((await calibrate("one")).status).toBe(422);
    expect((await calibrate("c", { by: "owner" })).status).toBe(422);
    expect((await calibrate("nowhere")).status).toBe(404);
  });

  it("is not made twice at once", async () => {
    const [one, other] = await Promise.all([calibrate("c", { k: 10 }), calibrate("c", { k: 10 })]);
    expect([one.status, other.status].sort()).toEqual([202, 409]);
  });
});

describe("a classification that tells how sure it is", () => {
  it("gives every class its probability, and they add up to 1", async () => {
    const answer = await classify("c", { probabilities: true, top: 5 });
    const { results, calibration: used } = classifyAnswer.parse(answer.body);
    for (const { classes } of results) {
      expect(classes.reduce((sum, { probability = NaN }) => sum + probability, 0)).toBeCloseTo(1, 9);
      const told = classes.map(({ probability = NaN }) => probability);
      expect(told).toEqual([...told].sort((a, b) => b - a));
    }
    expect(used).toMatchObject({ classes: 5, extrapolated: false, current: true });
    const few = classifyAnswer.parse((await classify("c", { probabilities: true, top: 2 })).body);
    expect(few.results.map(({ classes }) => classes)).toEqual(
      results.map(({ classes }) => classes.slice(0, 2)),
    );
    const plain = classifyAnswer.parse((await classify("c", { top: 5 })).body);
    expect(plain).not.toHaveProperty("calibration");
    expect(plain.results.map(({ classes }) => classes.map(({ score }) => score))).toEqual(
      results.map(({ classes }) => classes.map(({ score }) => score)),
    );
  });

  it("abstains below the threshold that it tells, the more the less may be wrong", async () => {
    const abstained = async (risk: number): Promise<boolean[]> => {
      const answer = classifyAnswer.parse((await classify("c", { abstain: { risk } })).body);
      const threshold = answer.calibration?.abstain?.threshold ?? Infinity;
      return answer.results.map(({ classes, abstained }) => {
        expect(abstained).toBe((classes[0]?.probability ?? 0) < threshold);
        return abstained === true;
      });
    };
    const [strict, loose] = [await abstained(0.02), await abstained(0.5)];
    loose.forEach((isAbstained, i) => {
      if (isAbstained) expect(strict[i]).toBe(true);
    });
    expect(strict.filter(Boolean).length).toBeGreaterThan(loose.filter(Boolean).length);
  });

  it("names sets of classes, larger ones for more coverage, never empty", async () => {
    const setsOf = async (coverage: number): Promise<string[][]> => {
      const answer = classifyAnswer.parse((await classify("c", { conformal: { coverage } })).body);
      expect(answer.calibration?.conformal?.coverage).toBe(coverage);
      return answer.results.map(({ set, classes }) => {
        expect(set?.[0]?.name).toBe(classes[0]?.name);
        return set?.map(({ name }) => name) ?? [];
      });
    };
    const [small, large] = [await setsOf(0.5), await setsOf(0.95)];
    small.forEach((set, i) => expect(large[i]?.slice(0, set.length)).toEqual(set));
    expect(large.flat().length).toBeGreaterThan(small.flat().length);
  });

  it("takes the next larger number of classes that was measured, and says where there is none", async () => {
    const classesOf = (count: number) =>
      ANCHORS.slice(0, count).map(({ id }) => ({ name: id, prompts: [{ anchor: id }] }));
    const used = async (count: number) =>
      classifyAnswer.parse((await classify("c", { classes: classesOf(count), probabilities: true })).body)
        .calibration;
    expect(await used(1)).toMatchObject({ classes: 2, extrapolated: false });
    expect(await used(7)).toMatchObject({ classes: 8, extrapolated: false });
    expect(await used(60)).toMatchObject({ classes: 24, extrapolated: true });
  });

  it.each([
    [{ probabilities: true }, "probabilities"],
    [{ abstain: { risk: 0.1 } }, "abstain"],
    [{ conformal: { coverage: 0.9 } }, "conformal"],
  ])("by %j is refused where its settings were not calibrated", async (request, path) => {
    const answer = await classify("c", { ...request, p: 7 });
    expect(answer.status).toBe(409);
    expect(pathsOf(answer)).toEqual([path]);
    const filtered = await classify("c", { ...request, filter: { owner: "ann" } });
    expect(filtered.status).toBe(409);
  });

  it.each([
    [{ abstain: { risk: 0 } }, "abstain.risk"],
    [{ abstain: 0.1 }, "abstain"],
    [{ conformal: { coverage: 1 } }, "conformal.coverage"],
    [{ conformal: {} }, "conformal.coverage"],
    [{ probabilities: "yes" }, "probabilities"],
  ])("by %j is refused", async (request, path) => {
    const answer = await classify("c", request);
    expect(answer.status).toBe(400);
    expect(pathsOf(answer)[0]).toBe(path);
  });

  it("is calibrated for a filter by the anchors that it lets through", async () => {
    const filter = { owner: "bob", kind: { lt: 30 } };
    await calibrate("c", { filter });
    const same = { kind: { lt: 30 }, owner: "bob" };
    expect((await classify("c", { filter: same, probabilities: true })).status).toBe(200);
  });
});

describe("a calibration whose anchors have changed", () => {
  it("is used and says so, until what was deleted is erased", async () => {
    await create("d", ANCHORS);
    await calibrate("d");
    await test.call("DELETE", `/v1/collections/d/anchors/${ANCHORS[99]?.id ?? ""}`);
    const answer = await classify("d", { probabilities: true });
    expect(classifyAnswer.parse(answer.body).calibration?.current).toBe(false);
    expect((await listed("d"))[0]?.current).toBe(false);
    expect((await test.call("POST", "/v1/collections/d/compact")).status).toBe(200);
    expect(await listed("d")).toEqual([]);
    expect((await classify("d", { probabilities: true })).status).toBe(409);
  });

  it("names the k and p that auto stood for, and is not current once another band of anchors begins", async () => {
    await create("banded", ANCHORS);
    await test.call("PATCH", "/v1/collections/banded", { asif: { k: "auto", p: "auto" } });
    await calibrate("banded");
    const auto = { k: "auto", p: "auto" };
    const made = { settings: auto, used: { k: 400, p: 3 } };
    expect(await listed("banded")).toMatchObject([{ ...made, current: true }]);
    const more = Array.from({ length: 300 }, (_, i) => ({ ...ANCHORS[i % 240], id: `more-${i}` }));
    await test.call("PUT", "/v1/collections/banded/anchors", { anchors: more });
    expect(await listed("banded")).toMatchObject([{ ...made, current: false }]);
    const { body } = await classify("banded", { probabilities: true });
    expect(body).toMatchObject({
      asif: { k: 400, p: 4 },
      calibration: { current: false, asif: { k: 400, p: 3 } },
    });
  });

  it("can be made and asked for by the client", async () => {
    const { url } = await listen(test);
    const client = createClient({ url });
    const d = client.collection("d");
    const { id } = await d.calibrate({ images: 200 });
    await test.service.jobs.settled(id);
    const [made] = await d.listCalibrations();
    expect(made?.current).toBe(true);
    const { results } = await d.classify({
      images: [{ anchor: ANCHORS[0]?.id ?? "" }],
      classes: QUESTION.classes,
      probabilities: true,
    });
    expect(results[0]?.classes[0]?.probability).toBeGreaterThan(0);
    await expect(d.calibrate({ by: "owner" })).rejects.toMatchObject({
      status: 422,
    } satisfies Partial<AnchorageApiError>);
  });
});
