import { runConsensus, withBackground, type Plan } from "../index.ts";
import { calibrate } from "../../../math/ensemble/index.ts";
import type { GeneratorSpec } from "../catalogue/index.ts";
import type { Encoding } from "../../../collections/encoding.ts";
import { answer, type Queried } from "../../../collections/question.ts";
import type { Input } from "../../../collections/types.ts";
import { answerOf, finiteOrNull } from "./answer.ts";
import { checkParts, checkPayloads, partsOf, planOf } from "./plan.ts";
import { openScene } from "./scene.ts";
import type {
  ConditionInput,
  ConsensusAnswer,
  ConsensusContext,
  ConsensusRequest,
  ConsensusScoreAnswer,
  ConsensusScoreRequest,
} from "./types.ts";

export interface ConsensusQueries {
  readonly run: (
    queried: Queried,
    request: ConsensusRequest,
    context: ConsensusContext,
  ) => Promise<ConsensusAnswer>;
  readonly score: (
    queried: Queried,
    request: ConsensusScoreRequest,
    context: ConsensusContext,
  ) => Promise<ConsensusScoreAnswer>;
}

/** Scorers and generators over one collection; each run is answered at the sequence of the view that it is given. */
export const createConsensusQueries = (encoding: Encoding): ConsensusQueries => {
  const prepare = async (
    queried: Queried,
    request: ConsensusRequest,
    context: ConsensusContext,
    pathOf: (generator: number) => string,
  ): Promise<Plan> => {
    const { generators, scorers, template } = partsOf(request);
    checkParts(request.condition, generators, scorers);
    for (const [i, spec] of generators.entries())
      if (spec.name === "list")
        await checkPayloads(queried, spec.proposals, pathOf(i), scorers, template, encoding);
    const scene = await openScene(queried, request, template, encoding);
    const { remotes, classifiers, decoders } = context;
    const means = {
      scene,
      remotes,
      classifiers,
      decoders,
      shownCondition: shownCondition(request.condition),
    };
    return planOf(request, generators, scorers, means);
  };

  return {
    run: async (queried, request, context) => {
      const started = performance.now();
      const plan = await prepare(queried, request, context, (i) => `generators.${i}.proposals`);
      const run = await runConsensus(plan, context);
      return { ...answerOf(run, plan, request.trace === true), ...answer(queried.view, started) };
    },

    score: async (queried, request, context) => {
      const started = performance.now();
      const plan = await prepare(queried, onceOf(request), context, () => "proposals");
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
          const calibrated = calibrate(scores, calibration, withBackground(scores, background));
          return { name, weight: run.weights[n] ?? 0, raw, calibrated: Array.from(calibrated, finiteOrNull) };
        }),
        values: proposals.map(({ id }) => finiteOrNull(values.get(id))),
        vetoes: round?.vetoes ?? [],
        failures: round?.failures ?? [],
        ...answer(queried.view, started),
      };
    },
  };
};

/** A run of one round over what is given, that is never too long. */
const onceOf = ({ proposals, ...request }: ConsensusScoreRequest): ConsensusRequest => ({
  ...request,
  generators: [{ name: "list", proposals } satisfies GeneratorSpec],
  rounds: 1,
  proposals: proposals.length,
  budget: { scores: Number.MAX_SAFE_INTEGER, ms: Number.MAX_SAFE_INTEGER },
});

/** What endpoints are told: what was sent, images as base64. */
const shownCondition = ({ image, images, text, template }: ConditionInput) => ({
  ...(image === undefined ? {} : { image: shownInput(image) }),
  ...(images === undefined ? {} : { images: images.map(shownInput) }),
  ...(text === undefined ? {} : { text: shownInput(text) }),
  ...(template === undefined ? {} : { template }),
});

const shownInput = (input: Input): unknown =>
  "image" in input ? { image: { base64: Buffer.from(input.image).toString("base64") } } : input;
