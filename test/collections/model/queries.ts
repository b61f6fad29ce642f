import fc from "fast-check";
import { expect } from "vitest";
import type { Input } from "../../../src/api/inputs.ts";
import type { RelativeRequest, SearchRequest } from "../../../src/api/queries.ts";
import type { Filter } from "../../../src/api/filter.ts";
import type { Modality } from "../../../src/types.ts";
import { naiveHolds } from "../../support/naive-filter.ts";
import { naiveClassScore, naiveRelative, naiveSearch } from "../../support/naive-asif.ts";
import type { NaiveRecord, NaiveState } from "../../support/naive-collection.ts";
import { expectHits, expectNear } from "../../support/expect-hits.ts";
import type { Operation } from "./operation.ts";
import type { ModelClassification } from "./requests.ts";
import { shownBy } from "./shown.ts";
import { collectionsOf, NAME, upToDate, type Who, type World } from "./world.ts";
import { numbersOf } from "../../../src/store/float32.ts";

/** Up to so many anchors a plain search between modalities takes no time to speak of. */
const FEW = 60;

/** Scores in float32, of which each is a sum of eight products, and of powers of them. */
const [COSINE, POWERS] = [1e-5, 1e-4];

const vectorOf = (state: NaiveState, query: Input, modality: Modality): readonly number[] | undefined => {
  if ("vector" in query) return numbersOf(query.vector).map(Math.fround);
  return "anchor" in query ? state.get(query.anchor)?.[modality] : undefined;
};

const among = (state: NaiveState, filter: Filter | undefined): NaiveRecord[] =>
  [...state.values()].filter(({ metadata }) => filter === undefined || naiveHolds(filter, metadata));

/** Whether a query by anchors can be answered; at a moment when anchors come and go, nobody knows. */
const answerable = (world: World, inputs: readonly Input[]): boolean => {
  const state = world.naive.at(world.naive.sequence());
  return inputs.every((input) => vectorOf(state, input, "image") !== undefined);
};

/** Runs a query, which is refused where it names an anchor that there is not. */
const asking = async <Answer>(
  world: World,
  who: Who,
  alone: boolean,
  inputs: readonly Input[],
  ask: () => Promise<Answer>,
): Promise<Answer | null> => {
  if (alone && !answerable(world, inputs)) {
    await collectionsOf(world, who).get(NAME, upToDate(world, who));
    await expect(ask()).rejects.toMatchObject({ code: "invalid-input" });
    return null;
  }
  return ask().catch((error: unknown) => {
    const lost = inputs.some((input) => "anchor" in input);
    if (!alone && lost && (error as { code?: unknown }).code === "invalid-input") return null;
    throw error;
  });
};

export const search = (request: SearchRequest): Operation => {
  const { query } = request;
  if ("keywords" in query) throw new Error("the model draws no keywords");
  return searchBy({ ...request, query });
};

const searchBy = (request: SearchRequest & { readonly query: Input }): Operation => ({
  label: `search ${fc.stringify(request)}`,
  alone: false,
  run: async (world, who, alone) => {
    const answer = await asking(world, who, alone, [request.query], () =>
      collectionsOf(world, who).search(NAME, { ...request, ...upToDate(world, who) }),
    );
    if (answer === null) return { sequence: null };
    const { sequence, hits, plan } = answer;
    return {
      sequence,
      judge: (state) => {
        const modality =
          "modality" in request.query ? (request.query.modality ?? request.target) : request.target;
        const query = vectorOf(state, request.query, modality) ?? [];
        const eligible = among(state, request.filter);
        const common = { eligible, limit: request.limit ?? 10, complete: plan.index === "exact" };
        expect(plan).toMatchObject({ anchors: state.size, allowed: eligible.length });
        if (request.exact === true) expect(plan.index).toBe("exact");
        if (request.mode === "asif" || modality !== request.target) {
          expectHits(hits, { ...common, within: POWERS, ...scoresByAsif(state, query, modality, request) });
          return;
        }
        const shown = shownBy(state, request.transform ?? "none", modality, query, alone);
        expectHits(hits, { ...common, within: COSINE, tied: modality, ...shown });
      },
    };
  },
});

/** By relative representations, where anchors are few enough and no graph may have missed one. */
const scoresByAsif = (
  state: NaiveState,
  query: readonly number[],
  modality: Modality,
  { target, k = 800, p = 8, exact = false, transform = "none" }: SearchRequest,
): { score?: (anchor: NaiveRecord) => number } => {
  if (!exact || state.size > FEW || transform !== "none") return {};
  const scores = new Map(
    naiveSearch([...state.values()], query, modality, target, { k, p }).map(({ id, score }) => [id, score]),
  );
  return { score: ({ id }) => scores.get(id) ?? NaN };
};

export const relative = (request: RelativeRequest): Operation => ({
  label: `relative ${fc.stringify(request)}`,
  alone: false,
  run: async (world, who, alone) => {
    const { inputs, modality, k = 800, p = 8 } = request;
    const answer = await asking(world, who, alone, inputs, () =>
      collectionsOf(world, who).relative(NAME, { ...request, ...upToDate(world, who) }),
    );
    if (answer === null) return { sequence: null };
    return {
      sequence: answer.sequence,
      judge: (state) => {
        const anchors = [...state.values()];
        const at = new Map(anchors.map(({ id }, i) => [id, i]));
        expect(answer.representations).toHaveLength(inputs.length);
        if (request.exact === true) expect(answer.plan.index).toBe("exact");
        if (answer.plan.index !== "exact") return;
        answer.representations.forEach(({ anchors: ids, values }, i) => {
          const input = inputs[i];
          const query = input === undefined ? undefined : vectorOf(state, input, modality);
          const row = naiveRelative(anchors, modality, query ?? [], { k, p });
          const best = row.toSorted((a, b) => b - a);
          ids.forEach((id, j) => {
            expectNear(values[j] ?? NaN, row[at.get(id) ?? -1] ?? NaN, POWERS, `the value of "${id}"`);
            // Those that are left out are 0, and stand between the positive and the negative.
            if ((values[j] ?? 0) > 0) expectNear(values[j] ?? NaN, best[j] ?? NaN, POWERS, "the next value");
          });
          const positive = values.filter((value) => value > 0).length;
          expect(best[positive] ?? 0, "no value is missing").toBeLessThanOrEqual(POWERS);
        });
      },
    };
  },
});

export const classify = (request: ModelClassification): Operation => ({
  label: `classify ${fc.stringify(request)}`,
  alone: false,
  run: async (world, who, alone) => {
    const { images, classes, ensemble = "max", filter, k = 800, p = 8 } = request;
    const inputs = [...images, ...classes.flatMap(({ prompts = [] }) => prompts)];
    const answer = await asking(world, who, alone, inputs, () =>
      collectionsOf(world, who).classify(NAME, { ...request, ...upToDate(world, who) }),
    );
    if (answer === null) return { sequence: null };
    return {
      sequence: answer.sequence,
      judge: (state) => {
        const memory = among(state, filter);
        answer.results.forEach(({ classes: scored }, i) => {
          const image = vectorOf(state, images[i] ?? { vector: [] }, "image") ?? [];
          expect(scored).toHaveLength(classes.length);
          for (const { name, score } of scored) {
            const prompts = classes.find((one) => one.name === name)?.prompts ?? [];
            const texts = prompts.map((prompt) => vectorOf(state, prompt, "text") ?? []);
            const expected = naiveClassScore(memory, image, texts, ensemble, { k, p });
            expectNear(score, expected, POWERS, `the score of class ${name}`);
          }
          const scores = scored.map(({ score }) => score);
          expect(scores, "best first").toEqual(scores.toSorted((a, b) => b - a));
        });
      },
    };
  },
});
