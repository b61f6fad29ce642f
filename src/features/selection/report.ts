import type { SelectionBody } from "./api/selection-answer.ts";

type Candidate = SelectionBody["candidates"][number];

/**
 * A selection as lines of a table: each candidate's score and rank by each method, with the share of halves in which it
 * came first, and the time that the method took.
 */
export const selectionTable = (selection: SelectionBody): string[] => {
  const { candidates, settings, samples, classes, fLabels, winners, tookMs } = selection;
  const { methods } = settings;
  const names = candidates.map(nameOf);
  const width = Math.max(...names.map(({ length }) => length), "candidate".length);
  const columns = methods.map((method) => {
    const cells = candidates.map((candidate) => cellOf(candidate, method));
    const wide = Math.max(method.length, ...cells.map(({ length }) => length));
    return { title: method.padStart(wide), cells: cells.map((cell) => cell.padStart(wide)) };
  });
  const seconds = (ms: number): string => (ms / 1000).toFixed(1);
  return [
    `${samples.used} samples of ${classes} classes (${samples.of} there; ${samples.withoutLabel} without label, ${samples.withoutImage} without image left out)`,
    [`${"candidate".padEnd(width)}   dim`, ...columns.map(({ title }) => title)].join("  "),
    ...candidates.map(({ dimension }, i) =>
      [
        `${(names[i] ?? "").padEnd(width)} ${String(dimension).padStart(5)}`,
        ...columns.map(({ cells }) => cells[i] ?? ""),
      ].join("  "),
    ),
    ...methods.flatMap((method) => {
      const winner = winners[method];
      if (winner === undefined) return [];
      const { runnerUp, margin, ahead } = winner;
      const over =
        runnerUp === null || margin === null
          ? ""
          : `, ${shown(margin)} above ${nameOf(runnerUp)}${ahead === null ? "" : `, ahead of it in ${percent(ahead)} of halves`}`;
      const took = candidates.reduce((sum, { scores }) => sum + (scores[method]?.tookMs ?? 0), 0);
      return [`${method}: ${nameOf(winner)}${over}; ${seconds(took)} s for all candidates`];
    }),
    ...(fLabels === null ? [] : [weightsLine(selection)]),
    `features ${seconds(tookMs.features)} s, labels ${seconds(tookMs.labels)} s, scores ${seconds(tookMs.scores)} s`,
    ...noteLines(candidates),
  ];
};

/** Such as `inception-v3-mixed6, whiten`. */
export const nameOf = ({ model, transform }: Pick<Candidate, "model" | "transform">): string =>
  transform === "none" ? model : `${model}, ${transform}`;

/** Score, rank, and how often first: `-0.512 #1 90%`. */
const cellOf = ({ scores }: Candidate, method: string): string => {
  const own = scores[method];
  if (own?.score == null) return "-";
  const first = own.confidence === null ? "" : ` ${percent(own.confidence.first).padStart(4)}`;
  return `${shown(own.score)} ${`#${own.rank ?? ""}`.padStart(3)}${first}`;
};

const weightsLine = ({ candidates, fLabels }: SelectionBody): string => {
  const { textEncoders, dimension, projection } = fLabels ?? {
    textEncoders: [],
    dimension: 0,
    projection: "none",
  };
  const weights = candidates[0]?.scores.emms?.weights ?? [];
  const encoders = textEncoders.map(
    ({ id }, k) => `${id}${weights[k] === undefined ? "" : ` ${weights[k].toFixed(2)}`}`,
  );
  return `F-labels of ${dimension} dimensions (projection: ${projection}) by ${encoders.join(", ")}${weights.length === 0 ? "" : " (weights by the first candidate)"}`;
};

const noteLines = (candidates: readonly Candidate[]): string[] => {
  const by = new Map<string, string[]>();
  for (const candidate of candidates)
    for (const note of candidate.notes) by.set(note, [...(by.get(note) ?? []), nameOf(candidate)]);
  return [...by].map(([note, names]) => `${names.join("; ")}: ${note}`);
};

const shown = (value: number): string => value.toPrecision(4);
const percent = (share: number): string => `${Math.round(100 * share)}%`;
