import { dot } from "../../../math/dot.ts";
import {
  eigenvaluesOf,
  gramOfRows,
  multiply,
  rotate,
  transpose,
  tridiagonalize,
  type Matrix,
} from "../../../math/linear-algebra/index.ts";
import { checkedClasses, undefinedScore } from "./classes.ts";
import { columnsOf, float64Of } from "./columns.ts";
import { maximizeEvidence, type LogEvidence, type Spectrum } from "./evidence.ts";
import { createTurns } from "../../../math/slices.ts";
import type { Embeddings, TransferScorer, TransferScore } from "./types.ts";

/** LogME (You et al., "LogME: practical assessment of pre-trained models for transfer learning", 2021) of one-hot classes. */
export const logme: TransferScorer = {
  name: "logme",
  needs: ["classes"],
  score: async (input, _options, signal) => {
    const { ids, count } = checkedClasses("logme", input);
    const data = new Float64Array(ids.length * count);
    ids.forEach((id, i) => (data[i * count + id] = 1));
    return scoreOf(input.embeddings, { data, rows: ids.length, columns: count }, signal);
  },
};

/**
 * LogME of continuous targets: the columns of the first label embedding, as they are. Columns of zeros are left out, for
 * their evidence has no bound.
 */
export const logmeF: TransferScorer = {
  name: "logme-f",
  needs: ["fLabels"],
  score: async ({ embeddings, fLabels: [first] = [] }, _options, signal) => {
    if (first === undefined) throw undefinedScore(["fLabels"], "logme-f needs a label embedding");
    return scoreOf(embeddings, float64Of(first), signal);
  },
};

/** The mean over the targets of the logarithm of the evidence per row. */
const scoreOf = async (
  embeddings: Embeddings,
  targets: Matrix,
  signal?: AbortSignal,
): Promise<TransferScore> => {
  const turn = createTurns(signal);
  const columns = columnsOf(embeddings);
  const spectrum = await spectrumOf(embeddings, columns, turn);
  const tall = embeddings.n > embeddings.d;
  const right = tall ? await multiply(columns, targets) : { ...targets, data: targets.data.slice() };
  const shown = transpose(await rotate(spectrum.reduced, right));
  const plain = transpose(targets);
  const found: LogEvidence[] = [];
  for (let j = 0; j < targets.columns; j++) {
    const target = plain.data.subarray(j * plain.columns, (j + 1) * plain.columns);
    const squares = dot(target, target);
    if (squares === 0) continue;
    found.push(
      maximizeEvidence(spectrum, shown.data.subarray(j * shown.columns, (j + 1) * shown.columns), squares),
    );
    await turn();
  }
  if (found.length === 0)
    throw undefinedScore(["fLabels", 0], "every column is 0, so there is nothing to explain");
  return {
    score: meanOf(found, ({ evidence }) => evidence),
    diagnostics: {
      targets: found.length,
      converged: found.filter(({ converged }) => converged).length,
      alpha: meanOf(found, ({ alpha }) => alpha),
      beta: meanOf(found, ({ beta }) => beta),
    },
  };
};

const spectrumOf = async (
  { n, d }: Embeddings,
  columns: Matrix,
  turn: () => Promise<void>,
): Promise<Spectrum> => {
  const size = Math.min(n, d);
  const gram = await gramOfRows(n > d ? columns : transpose(columns));
  const reduced = await tridiagonalize(gram, size, turn);
  return { reduced, values: eigenvaluesOf(reduced).map((value) => Math.max(0, value)), n, d };
};

const meanOf = (all: readonly LogEvidence[], part: (one: LogEvidence) => number): number =>
  all.reduce((sum, one) => sum + part(one), 0) / all.length;
