import type { Input } from "../../../api/inputs.ts";
import { runConsensus, withBackground, type ConsensusPlan } from "../index.ts";
import type { FieldPath } from "../../../errors.ts";
import { normaliseScores } from "../../../math/ensemble/index.ts";
import type { OwnGeneratorSpec } from "../api/generators.ts";
import { catalogueEntry, type Catalogue } from "../catalogue/index.ts";
import type { Resources } from "../plug.ts";
import type { Collections } from "../../../collections/index.ts";
import { answer, type Queried } from "../../../collections/question.ts";
import { describeRun, finiteOrNull } from "./answer.ts";
import { checkParts, checkPayloads, partsOf, createPlan } from "./plan.ts";
import { openScene } from "./scene.ts";
import type {
  RequestedCondition,
  ConsensusAnswer,
  ConsensusRequest,
  ConsensusScoreAnswer,
  ConsensusScoreRequest,
  RunContext,
} from "./types.ts";

/** Scorers and generators over collections. */
export interface Consensus {
  /**
   * Lets generators propose and scorers judge in a closed loop until they agree, all at one sequence of the collection.
   *
   * @throws AnchorageError `not-found` for the collection, `invalid-input` that names a field; `unavailable` where a scorer
   * or generator fails that must not
   * @throws the signal's reason where it aborts
   */
  readonly run: (request: ConsensusRequest, context: RunContext) => Promise<ConsensusAnswer>;
  /** What scorers say of given proposals, raw and calibrated, without a loop. @throws as `run` */
  readonly score: (
    request: ConsensusScoreRequest,
    context: Pick<RunContext, "signal">,
  ) => Promise<ConsensusScoreAnswer>;
}

/** Makes the operations of consensus from the core's collections and what the operator has put beside them. */
export const createConsensus = (
  { queried, encoding }: Pick<Collections, "queried" | "encoding">,
  resources: Resources,
  catalogue: Catalogue,
): Consensus => {
  const prepare = async (
    asked: Queried,
    request: ConsensusRequest,
    pathOf: (generator: number) => FieldPath,
  ): Promise<ConsensusPlan> => {
    const { generators, scorers, template } = partsOf(request);
    checkParts(catalogue, request.condition, generators, scorers);
    for (const [i, spec] of generators.entries()) {
      const proposed = catalogueEntry(catalogue.generators, spec.name).proposalsOf?.(spec) ?? [];
      await checkPayloads(catalogue, asked, proposed, pathOf(i), scorers, template, encoding);
    }
    const scene = await openScene(asked, request, template, encoding);
    const means = { ...resources, scene, shownCondition: shownCondition(request.condition) };
    return createPlan(catalogue, request, generators, scorers, means);
  };

  return {
    run: async (request, context) => {
      const asked = await queried(request.collection, request);
      const started = performance.now();
      const plan = await prepare(asked, request, (i) => ["generators", i, "proposals"]);
      const run = await runConsensus(plan, context);
      return { ...describeRun(run, plan, request.trace === true), ...answer(asked.view, started) };
    },

    score: async (request, context) => {
      const asked = await queried(request.collection, request);
      const started = performance.now();
      const plan = await prepare(asked, onceOf(request), () => ["proposals"]);
      const run = await runConsensus(plan, context);
      const [round] = run.rounds;
      const values = new Map(run.ranking.map(({ proposal, value }) => [proposal.id, value] as const));
      const proposals = round?.proposed ?? [];
      return {
        proposals: proposals.map(({ id, payload }) => ({ id, ...payload })),
        scorers: plan.scorers.map(({ name, calibration }, n) => {
          const raw = round?.scores[n] ?? [];
          const scores = Float64Array.from(raw, (score) => score ?? Number.NaN);
          const background = Float64Array.from(run.backgrounds[n] ?? []);
          const calibrated = normaliseScores(scores, calibration, withBackground(scores, background));
          return { name, weight: run.weights[n] ?? 0, raw, calibrated: Array.from(calibrated, finiteOrNull) };
        }),
        values: proposals.map(({ id }) => finiteOrNull(values.get(id))),
        vetoes: round?.vetoes ?? [],
        failures: round?.failures ?? [],
        ...answer(asked.view, started),
      };
    },
  };
};

/** A run of one round over what is given, that is never too long. */
const onceOf = ({ proposals, ...request }: ConsensusScoreRequest): ConsensusRequest => {
  const given: OwnGeneratorSpec = { name: "list", proposals };
  return {
    ...request,
    generators: [given],
    rounds: 1,
    proposals: proposals.length,
    budget: { scores: Number.MAX_SAFE_INTEGER, ms: Number.MAX_SAFE_INTEGER },
  };
};

/** The condition that endpoints get: as in the request, images as base64. */
const shownCondition = ({ image, images, text, template }: RequestedCondition) => ({
  ...(image === undefined ? {} : { image: shownInput(image) }),
  ...(images === undefined ? {} : { images: images.map(shownInput) }),
  ...(text === undefined ? {} : { text: shownInput(text) }),
  ...(template === undefined ? {} : { template }),
});

const shownInput = (input: Input): unknown =>
  "image" in input ? { image: { base64: Buffer.from(input.image).toString("base64") } } : input;
