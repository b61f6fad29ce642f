import { randomOf } from "../random-of.ts";
import type { Task } from "../types.ts";
import { createBound, createPlanner, execute, predictionOf, shoot, truth, type Chooser } from "./control.ts";
import { createEpisodes, type Episode } from "./episodes.ts";
import type { View } from "./views.ts";
import { holds } from "./world.ts";

/** Cameras around the table, the later ones worse. */
export const VIEWS: readonly View[] = [0.02, 0.02, 0.03, 0.03, 0.05].map((across, i) => ({
  angle: (2 * Math.PI * i) / 5,
  across,
  along: 4 * across,
  miscalibration: across,
}));

/** In blocks: nearer to the best than that, an action is right. */
const AS_GOOD = 0.2;

/** Pick and place towards relations between blocks: a success is an episode in which all hold in the end. */
export const createPlanningTask = (counts: {
  readonly development: number;
  readonly test: number;
  readonly seed: number;
}): Task<Episode> => {
  const episodes = createEpisodes(
    counts.development + counts.test,
    randomOf("planning", counts.seed).integer(2 ** 31),
  );
  const success = async (episode: Episode, choose: Chooser, signal: AbortSignal): Promise<number> => {
    const scene = await execute(episode, choose, signal);
    return episode.goals.every((goal) => holds(scene, goal)) ? 1 : 0;
  };
  return {
    name: "planning",
    about:
      "Episodes of 6 moves on a table with 5 blocks and 3 wanted relations; value: all of them hold in the end.",
    scorers: VIEWS.map((_, i) => `view ${i + 1}`),
    rounds: 1,
    development: episodes.slice(0, counts.development),
    test: episodes.slice(counts.development),
    subjectOf: ({ seed }) => String(seed),
    solve: (episode, panel, signal) => success(episode, createPlanner(VIEWS, panel), signal),
    bounds: async (episode, signal) => ({
      random: await success(episode, createBound("random"), signal),
      oracle: await success(episode, createBound("oracle"), signal),
    }),
    labelled: async (episode, signal) => {
      const members = [...VIEWS.keys()];
      const at = { episode, scene: episode.start, move: 0 };
      const run = await shoot(VIEWS, { members, weights: members.map(() => 1), rounds: 1 }, at, signal);
      const predicted = predictionOf(at.scene, episode.seed, at.move);
      const values = run.ranking.map(({ proposal }) => truth(episode, predicted(proposal)));
      return {
        members: members.map((n) => Float64Array.from(run.ranking, ({ scores }) => scores[n] ?? Number.NaN)),
        right: values.flatMap((value, i) => (value >= Math.max(...values) - AS_GOOD ? [i] : [])),
      };
    },
  };
};
