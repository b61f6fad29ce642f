import { createRandom, type Random } from "../../../math/random.ts";
import { createTurns } from "../../../math/slices.ts";
import type {
  ConsensusPlan,
  Proposal,
  RankedProposal,
  RoundTrace,
  ConsensusRun,
  State,
  StopReason,
} from "../types.ts";
import { openPanel, type Panel } from "./panel.ts";
import { createPool, type Pool } from "./pool.ts";
import { contestOf, decide, rankedAt, type Verdict } from "./verdict.ts";
import { populationDeviation } from "../../../math/statistics.ts";
import { agreementOf } from "../agreement.ts";

export interface ConsensusRunOptions {
  readonly signal: AbortSignal;
  /** Called after each round. */
  readonly onRound?: (round: RoundTrace) => void;
}

/**
 * Proposes, has all scorers judge, combines what they say, keeps the best, and goes on from these until the consensus no
 * longer improves (Li et al., "Composing Ensembles of Pre-trained Models via Iterative Consensus", arXiv 2210.11522).
 *
 * Scores are calibrated over everything that was proposed so far, so that those of different rounds can be compared, and
 * everything stays in the contest: more rounds never make the result worse by its own measure. The same plan, over
 * generators and scorers that leave nothing else to chance, gives the same run.
 *
 * @throws AnchorageError `unavailable` where a scorer fails that must not; the signal's reason where it aborts
 */
export const runConsensus = async (
  plan: ConsensusPlan,
  { signal, onRound }: ConsensusRunOptions,
): Promise<ConsensusRun> => {
  const started = performance.now();
  const random = createRandom(plan.seed);
  const pool = createPool();
  const panel = openPanel(plan);
  const turn = createTurns(signal);
  const rounds: RoundTrace[] = [];
  let survivors: readonly RankedProposal[] = [];
  let verdict = verdictOf(plan, panel, pool);
  let stopped: StopReason | undefined;
  let idle = 0;

  while (stopped === undefined) {
    signal.throwIfAborted();
    const round = rounds.length + 1;
    const from = pool.proposals.length;
    const state: State = { round, survivors, has: pool.has };
    await propose(plan, state, pool, random, signal, turn);
    const proposed = pool.proposals.slice(from);
    const failures = await panel.judge(pool, signal);
    await turn();
    const before = verdict.order[0];
    verdict = verdictOf(plan, panel, pool);
    await turn();
    survivors = select(plan, verdict, pool, from, random);
    const improvement = improvementOf(verdict, before);
    const trace: RoundTrace = {
      round,
      proposed,
      scores: panel.scores.map((scores, n) =>
        Array.from(plan.scorers[n]?.judgesPool === true ? scores : scores.subarray(from), finiteOrNull),
      ),
      vetoes: panel.vetoesOf(pool, from),
      failures,
      survivors: survivors.map(({ proposal, value, scores }) => ({
        proposal: proposal.id,
        value,
        scores: scores.map(finiteOrNull),
      })),
      improvement,
    };
    rounds.push(trace);
    onRound?.(trace);
    idle = hasImproved(plan, improvement, contestOf(verdict).values) ? 0 : idle + 1;
    stopped = reasonToStop(plan, {
      proposed: proposed.length,
      rounds: rounds.length,
      asked: pool.proposals.length * plan.scorers.length,
      ms: performance.now() - started,
      unanimous: isUnanimous(verdict),
      idle,
    });
  }
  return resultOf(plan, { pool, panel, verdict, rounds, stopped, ms: performance.now() - started });
};

/** By an epsilon of 0 every round has; by any other none has whose best is no better, where all are valued alike, too. */
const hasImproved = ({ epsilon }: ConsensusPlan, improvement: number | null, values: Float64Array): boolean =>
  improvement === null ||
  epsilon === 0 ||
  (improvement > 0 && improvement >= epsilon * populationDeviation(values.filter(Number.isFinite)));

/** Limits the number of requested proposals to those that the score budget covers. */
const propose = async (
  { generators, proposals, scorers, scoreBudget }: ConsensusPlan,
  state: State,
  pool: Pool,
  random: Random,
  signal: AbortSignal,
  turn: () => Promise<void>,
): Promise<void> => {
  const most = Math.floor(scoreBudget / Math.max(1, scorers.length));
  for (const generator of generators) {
    const count = Math.min(proposals, most - pool.proposals.length);
    if (count <= 0) return;
    await turn();
    const made = await generator.propose(state, count, random, signal);
    for (const one of made.slice(0, count)) pool.add(one, generator.name, state.round);
  }
};

const verdictOf = ({ scorers, aggregation, stageOf }: ConsensusPlan, panel: Panel, pool: Pool): Verdict =>
  decide(panel.scores, {
    calibrations: scorers.map(({ calibration }) => calibration),
    backgrounds: panel.backgrounds,
    weights: panel.weights,
    aggregation,
    isVetoed: (place) => pool.vetoed(place) !== undefined,
    stages: stageOf && pool.proposals.map(({ payload }) => stageOf(payload)),
  });

/** The best; at a temperature others are drawn without replacement by the softmax of their values (Gumbel's trick). */
const select = (
  { beam, temperature }: ConsensusPlan,
  verdict: Verdict,
  pool: Pool,
  from: number,
  random: Random,
): RankedProposal[] => {
  const [first, ...others] = openOf(verdict, from);
  if (first === undefined) return [];
  const drawn =
    temperature === 0
      ? others
      : others
          .map((place) => ({
            place,
            key: (finiteOrNull(verdict.values[place]) ?? -Infinity) / temperature + gumbel(random),
          }))
          // Without a judged proposal there is no difference.
          .sort((a, b) => b.key - a.key || 0)
          .map(({ place }) => place);
  const kept = new Set([first, ...drawn.slice(0, beam - 1)]);
  return verdict.order.filter((place) => kept.has(place)).map((place) => rankedIn(pool, verdict, place));
};

/** What can be gone on from, best first: where there are stages, only the last that is not finished, while it is new. */
const openOf = ({ order, stages }: Verdict, from: number): readonly number[] => {
  if (stages === undefined) return order;
  const last = stages.slice(from).reduce((a, b) => (Number.isFinite(b) ? Math.max(a, b) : a), -Infinity);
  return order.filter((place) => stages[place] === last);
};

const gumbel = (random: Random): number => -Math.log(-Math.log(random.next() || Number.MIN_VALUE));

const rankedIn = (pool: Pool, verdict: Verdict, place: number): RankedProposal => {
  const proposal = pool.proposals[place];
  if (proposal === undefined) throw new RangeError(`there is no proposal ${place}`);
  return rankedAt(verdict, place, proposal, pool.multiplicity(place));
};

const improvementOf = ({ values, order, stages }: Verdict, before: number | undefined): number | null => {
  const [best] = order;
  if (best === undefined || before === undefined || stages?.[best] !== stages?.[before]) return null;
  const gain = (values[best] ?? 0) - (values[before] ?? 0);
  return Number.isNaN(gain) ? null : gain;
};

const isUnanimous = (verdict: Verdict): boolean => {
  const { weights } = verdict;
  const {
    members,
    order: [winner = -1],
  } = contestOf(verdict);
  const judges = members.filter(
    (scores, n) => weights[n] !== 0 && !Number.isNaN(scores[winner] ?? Number.NaN),
  );
  return (
    judges.length > 1 && judges.every((scores) => scores.every((score) => !(score > (scores[winner] ?? 0))))
  );
};

const reasonToStop = (
  plan: ConsensusPlan,
  now: {
    readonly proposed: number;
    readonly rounds: number;
    readonly asked: number;
    readonly ms: number;
    readonly unanimous: boolean;
    readonly idle: number;
  },
): StopReason | undefined => {
  const isSpent = plan.scoreBudget - now.asked < plan.scorers.length;
  if (now.proposed === 0) return isSpent ? "score-budget" : "no-proposals";
  if (plan.stopWhenUnanimous && now.unanimous) return "unanimous";
  if (now.idle >= plan.patience) return "converged";
  if (now.rounds >= plan.rounds) return "rounds";
  if (isSpent) return "score-budget";
  if (now.ms >= plan.timeBudgetMs) return "time-budget";
  return undefined;
};

const resultOf = (
  plan: ConsensusPlan,
  end: {
    readonly pool: Pool;
    readonly panel: Panel;
    readonly verdict: Verdict;
    readonly rounds: readonly RoundTrace[];
    readonly stopped: StopReason;
    readonly ms: number;
  },
): ConsensusRun => {
  const { pool, panel, verdict, rounds, stopped, ms } = end;
  const ranking = verdict.order.map((place) => rankedIn(pool, verdict, place));
  // A proposal that no scorer judges cannot win.
  const winner = ranking.slice(0, 1).find(({ value }) => !Number.isNaN(value));
  const contest = contestOf(verdict);
  const agreement =
    winner === undefined
      ? null
      : agreementOf(contest.members, verdict.weights, plan.aggregation, contest.values, contest.order);
  const { margin = -Infinity, agreement: least = 0 } = plan.abstain;
  return {
    winner: winner ?? null,
    abstained: agreement !== null && ((agreement.margin ?? Infinity) < margin || agreement.agreement < least),
    ranking,
    vetoed: pool.proposals.length - ranking.length,
    agreement,
    alone: plan.scorers.map((scorer, n) => ({ scorer: scorer.name, proposal: firstOf(pool, verdict, n) })),
    stopped,
    rounds,
    backgrounds: panel.backgrounds.map((scores) => (scores === undefined ? null : [...scores])),
    costs: panel.costs(),
    weights: panel.weights,
    tookMs: Math.round(ms),
  };
};

const firstOf = (pool: Pool, { members, order, stages }: Verdict, scorer: number): Proposal | null => {
  const scores = members[scorer] ?? new Float64Array(0);
  let best: number | undefined;
  for (const place of order) {
    if (stages?.[place] !== stages?.[order[0] ?? -1]) break;
    const score = scores[place] ?? Number.NaN;
    if (!Number.isNaN(score) && (best === undefined || score > (scores[best] ?? 0))) best = place;
  }
  return best === undefined ? null : (pool.proposals[best] ?? null);
};

const finiteOrNull = (score = Number.NaN): number | null => (Number.isFinite(score) ? score : null);
