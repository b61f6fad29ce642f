import { normal } from "../../../src/math/random.ts";
import {
  runConsensus,
  type Generator,
  type ConsensusPlan,
  type Proposal,
  type ConsensusRun,
  type Scorer,
} from "../../../src/features/consensus/index.ts";
import type { Panel } from "../types.ts";
import { randomOf } from "../random-of.ts";
import { wholeRun } from "../whole-run.ts";
import type { Episode } from "./episodes.ts";
import { exactly, look, offsetsOf, scoreOf, type Offset, type View } from "./views.ts";
import { act, COLOURS, SIDE, type Action, type Scene } from "./world.ts";

/** Sampled in a round. */
export const ACTIONS = 64;
/** Of an episode: twice as many as its goals need. */
export const MOVES = 6;
/** Deviations of where a block comes down: in truth, and in the model that actions are tried in. */
const SLIP = 0.01;
const MODEL_SLIP = 0.02;
/** Of the actions, those that put a block on or beside another; the others put it anywhere. */
const AT_BLOCKS = 0.5;
const BESIDE = 0.15;
const REFINED = 0.03;
const BEAM = 8;

/** Who decides on the next action. */
export type Chooser = (episode: Episode, scene: Scene, move: number, signal: AbortSignal) => Promise<Action>;

/** Closed loop: looks, acts, looks again. @returns the last scene */
export const execute = async (episode: Episode, choose: Chooser, signal: AbortSignal): Promise<Scene> => {
  let scene = episode.start;
  for (let move = 0; move < MOVES; move++) {
    signal.throwIfAborted();
    const action = await choose(episode, scene, move, signal);
    scene = act(scene, action, SLIP, randomOf(episode.seed, "world", move));
  }
  return scene;
};

/** Random shooting: actions are sampled, tried in a model of the world, and judged by views of what comes of them. */
export const createPlanner =
  (views: readonly View[], { members, weights, rounds }: Panel): Chooser =>
  async (episode, scene, move, signal) => {
    const { winner } = await shoot(views, { members, weights, rounds }, { episode, scene, move }, signal);
    return winner === null ? NOTHING : actionOf(winner.proposal);
  };

/** Everything that was proposed for one move, and judged. */
export const shoot = (
  views: readonly View[],
  { members, weights, rounds }: Panel,
  at: { readonly episode: Episode; readonly scene: Scene; readonly move: number },
  signal: AbortSignal,
): Promise<ConsensusRun> => {
  const { episode, scene, move } = at;
  const predicted = predictionOf(scene, episode.seed, move);
  const scorers = members.flatMap((n) => {
    const view = views[n];
    return view === undefined ? [] : [viewScorer(view, n, { episode, scene, move, predicted })];
  });
  const plan: ConsensusPlan = {
    generators: [sampler(scene)],
    scorers,
    weights,
    ...wholeRun(rounds),
    proposals: ACTIONS,
    beam: BEAM,
    seed: randomOf(episode.seed, "actions", move).integer(2 ** 31),
  };
  return runConsensus(plan, { signal });
};

/** Out of those that are proposed first: any, or the one that a perfect view of the model's prediction ranks highest. */
export const createBound =
  (kind: "random" | "oracle"): Chooser =>
  async (episode, scene, move, signal) => {
    const random = randomOf(episode.seed, "actions", move);
    const proposed = await sampler(scene).propose(
      { round: 1, survivors: [], has: () => false },
      ACTIONS,
      random,
      signal,
    );
    const actions = proposed.map(actionOf);
    if (kind === "random") return actions[random.integer(actions.length)] ?? NOTHING;
    const values = actions.map((action) => truth(episode, act(scene, action, 0, random)));
    return actions[values.indexOf(Math.max(...values))] ?? NOTHING;
  };

/** The sum over goals, as perfect views see it. */
export const truth = ({ goals }: Episode, scene: Scene): number => {
  const seen = exactly(scene);
  return goals.reduce((sum, goal) => sum + scoreOf(seen, goal), 0);
};

/** What the model expects of a proposal: the same for all views. */
export const predictionOf = (scene: Scene, seed: number, move: number): ((proposal: Proposal) => Scene) => {
  const known = new Map<string, Scene>();
  return (proposal) => {
    const found =
      known.get(proposal.id) ??
      act(scene, actionOf(proposal), MODEL_SLIP, randomOf(seed, "model", move, proposal.id));
    known.set(proposal.id, found);
    return found;
  };
};

const viewScorer = (
  view: View,
  place: number,
  at: {
    readonly episode: Episode;
    readonly scene: Scene;
    readonly move: number;
    readonly predicted: (proposal: Proposal) => Scene;
  },
): Scorer => {
  const { episode, scene, move, predicted } = at;
  const offsets: readonly Offset[] = offsetsOf(view, scene, randomOf(episode.seed, "offsets", place));
  return {
    name: `view ${place + 1}`,
    kinds: ["action"],
    calibration: { kind: "none" },
    onFailure: "fail",
    timeoutMs: 3_600_000,
    score: (proposals) =>
      Promise.resolve({
        scores: Float64Array.from(proposals, (proposal) => {
          const random = randomOf(episode.seed, "view", place, move, proposal.id);
          const seen = look(view, predicted(proposal), offsets, random);
          return episode.goals.reduce((sum, goal) => sum + scoreOf(seen, goal), 0);
        }),
      }),
  };
};

/** Picks up nothing. */
const NOTHING: Action = { block: -1, x: 0, y: 0 };

/** Nothing, and blocks put on or beside others or anywhere; then variations of the best. */
const sampler = (scene: Scene): Generator => ({
  name: "actions",
  propose: ({ survivors }, count, random) =>
    Promise.resolve(
      Array.from({ length: count }, (_, i) => {
        const from = survivors[i % Math.max(1, survivors.length)]?.proposal;
        if (from !== undefined) {
          const { block, x, y } = actionOf(from);
          const [moved, dx, dy] = [block, REFINED * normal(random), REFINED * normal(random)];
          return { payload: payloadOf({ block: moved, x: x + dx, y: y + dy }), parents: [from.id] };
        }
        if (i === 0) return { payload: payloadOf(NOTHING) };
        const block = random.integer(COLOURS.length);
        const near = scene.blocks[random.integer(COLOURS.length)];
        if (near === undefined || random.next() >= AT_BLOCKS)
          return { payload: payloadOf({ block, x: random.next(), y: random.next() }) };
        const spread = random.next() < 0.5 ? SIDE / 4 : BESIDE;
        const [dx, dy] = [spread * normal(random), spread * normal(random)];
        return { payload: payloadOf({ block, x: near.x + dx, y: near.y + dy }) };
      }),
    ),
});

const payloadOf = ({ block, x, y }: Action) => ({ kind: "action", action: [block, x, y] }) as const;

export const actionOf = ({ payload }: Pick<Proposal, "payload">): Action => {
  const [block = -1, x = 0, y = 0] = payload.kind === "action" ? payload.action : [];
  return { block, x, y };
};
