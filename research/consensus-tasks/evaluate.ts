import { bootstrapInterval, mean } from "../../src/math/statistics.ts";
import type { Bounds, Lead, Panel, PanelResult, Task, TaskReport } from "./types.ts";
import { learnWeights, type LabelledPool } from "./weights.ts";

const SEED = 1;
const LEARNED = "weights learned";
const ROUNDS = [1, 2, 4, 8];
/** Of more scorers not every set is tried. */
const MANY = 5;

interface Named extends Panel {
  readonly name: string;
}

interface Solved extends Named {
  readonly development: readonly number[] | undefined;
  readonly test: readonly number[];
}

/**
 * Solves the test items by every scorer alone (at each of the task's beams), by every set of scorers (of many scorers by
 * every pair and by all but one), by all with equal and with learned weights, and for several rounds. The development
 * items choose the best single scorer with its beam, and the weights.
 *
 * @param onProgress called with the number of items solved
 * @throws the signal's reason where it aborts
 */
export const evaluateTask = async <Item>(
  task: Task<Item>,
  options: { readonly signal: AbortSignal; readonly onProgress: (done: number, total: number) => void },
): Promise<TaskReport> => {
  const { signal, onProgress } = options;
  const singles = [undefined, ...(task.otherBeams ?? [])].flatMap((beam) =>
    subsetsOf(task, 1).map((panel) =>
      beam === undefined ? panel : { ...panel, beam, name: `${panel.name}, beam ${beam}` },
    ),
  );
  const all = named(task, "all", allOf(task));
  const others = withoutRepetition([
    ...sizesOf(task).flatMap((size) => subsetsOf(task, size)),
    all,
    ...ROUNDS.map((rounds) => ({ ...all, rounds, name: roundsName(task, rounds) })),
  ]);
  const { development, test } = task;
  const total =
    (singles.length + 1) * (development.length + test.length) +
    others.length * test.length +
    development.length +
    test.length;
  let done = 0;
  const over = async <T>(items: readonly Item[], work: (item: Item) => Promise<T>): Promise<T[]> => {
    const results: T[] = [];
    for (const item of items) {
      signal.throwIfAborted();
      results.push(await work(item));
      onProgress(++done, total);
    }
    return results;
  };
  const solveAll = async (panel: Named, withDevelopment: boolean): Promise<Solved> => ({
    ...panel,
    development: withDevelopment
      ? await over(development, (item) => task.solve(item, panel, signal))
      : undefined,
    test: await over(test, (item) => task.solve(item, panel, signal)),
  });

  const pools = await over(development, (item) => task.labelled(item, signal));
  const weights = learnWeights(
    pools.filter((pool): pool is LabelledPool => pool !== undefined),
    task.scorers.length,
  );
  const solved: Solved[] = [];
  for (const panel of singles) solved.push(await solveAll(panel, true));
  for (const panel of others) solved.push(await solveAll(panel, false));
  solved.push(await solveAll({ ...all, weights, name: `all, ${LEARNED}` }, true));
  const bounds = await over(test, (item) => task.bounds(item, signal));
  return reportOf(task, solved, bounds, singles.length);
};

const reportOf = <Item>(
  task: Task<Item>,
  solved: readonly Solved[],
  bounds: readonly Bounds[],
  singles: number,
): TaskReport => {
  const bestSingle = solved
    .slice(0, singles)
    .reduce((best, one) => (mean(one.development ?? [0]) > mean(best.development ?? [0]) ? one : best));
  const find = (name: string): Solved | undefined => solved.find((one) => one.name === name);
  const subjects = task.test.map(task.subjectOf);
  const leads = [
    [find("all"), bestSingle],
    [find(`all, ${LEARNED}`), bestSingle],
    [find(`all, ${LEARNED}`), find("all")],
    ...ROUNDS.slice(1).map((rounds) => [find(roundsName(task, rounds)), find(roundsName(task, 1))]),
  ].flatMap(([one, other]) =>
    one === undefined || other === undefined ? [] : [leadOf(one, other, subjects)],
  );
  return {
    task: task.name,
    about: task.about,
    development: task.development.length,
    test: task.test.length,
    bestSingle: bestSingle.name,
    panels: solved.map((one) => resultOf(task, one, subjects)),
    sizes: [1, ...sizesOf(task), task.scorers.length].map((size) => {
      const sets = solved.filter(
        ({ members, rounds, beam, name }) =>
          members.length === size && rounds === task.rounds && beam === undefined && !name.endsWith(LEARNED),
      );
      return { scorers: size, mean: mean(sets.map(({ test }) => mean(test))) };
    }),
    bounds: {
      random: mean(bounds.map(({ random }) => random)),
      oracle: mean(bounds.map(({ oracle }) => oracle)),
    },
    leads,
  };
};

const resultOf = <Item>(task: Task<Item>, one: Solved, subjects: readonly string[]): PanelResult => ({
  name: one.name,
  members: one.members.map((n) => task.scorers[n] ?? ""),
  weights: one.weights,
  rounds: one.rounds,
  development: one.development === undefined ? undefined : mean(one.development),
  test: mean(one.test),
  ...bootstrapInterval(grouped(one.test, subjects), { seed: SEED }),
});

const leadOf = (one: Solved, other: Solved, subjects: readonly string[]): Lead => {
  const differences = one.test.map((value, i) => value - (other.test[i] ?? 0));
  return {
    of: one.name,
    over: other.name,
    mean: mean(differences),
    ...bootstrapInterval(grouped(differences, subjects), { seed: SEED }),
  };
};

const grouped = (values: readonly number[], subjects: readonly string[]): number[][] => {
  const groups = new Map<string, number[]>();
  values.forEach((value, i) => {
    const subject = subjects[i] ?? "";
    const known = groups.get(subject);
    if (known === undefined) groups.set(subject, [value]);
    else known.push(value);
  });
  return [...groups.values()];
};

const roundsName = <Item>(task: Task<Item>, rounds: number): string =>
  rounds === task.rounds ? "all" : `all, ${rounds} ${rounds === 1 ? "round" : "rounds"}`;

/** Of sets of scorers that are neither one nor all. */
const sizesOf = <Item>({ scorers: { length } }: Task<Item>): number[] =>
  length > MANY ? [2, length - 1] : Array.from({ length: Math.max(0, length - 2) }, (_, i) => i + 2);

const allOf = <Item>({ scorers }: Task<Item>): number[] => [...scorers.keys()];

const named = <Item>({ rounds }: Task<Item>, name: string, members: readonly number[]): Named => ({
  name,
  members,
  weights: members.map(() => 1),
  rounds,
});

/** Panels of `size` of the task's scorers. */
const subsetsOf = <Item>(task: Task<Item>, size: number): Named[] => {
  const extend = (members: readonly number[], from: number): number[][] =>
    members.length === size
      ? [[...members]]
      : allOf(task)
          .slice(from)
          .flatMap((n) => extend([...members, n], n + 1));
  return size < 1 || size >= task.scorers.length
    ? []
    : extend([], 0).map((members) => named(task, members.map((n) => task.scorers[n]).join(" + "), members));
};

const withoutRepetition = (panels: readonly Named[]): Named[] => [
  ...new Map(panels.map((panel) => [panel.name, panel] as const)).values(),
];
