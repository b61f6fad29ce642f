import type { EvaluationBody } from "../../../src/features/client.ts";
import { Figure } from "../charts/figure.tsx";
import { LineChart } from "../charts/line-chart.tsx";
import { count, percent } from "../format.ts";
import { confusionOf, growthOf } from "./classes.ts";

/** More classes than these make a list of pairs rather than a matrix. */
const MOST_IN_MATRIX = 24;
const PAIRS = 20;
const ROWS = 40;

/** What an evaluation measured, one figure a question. */
export const Accuracy = ({ evaluation }: { readonly evaluation: EvaluationBody }) => {
  const { points, candidates, chance, classes, questions } = evaluation;
  const line = (label: string, of: "top1" | "top5") => ({
    label,
    points: points.map((point) => ({
      x: point.anchors,
      y: point[of].mean,
      low: point[of].low,
      high: point[of].high,
    })),
  });
  const lines = [
    line("first", "top1"),
    ...(candidates > 5 ? [line("of five", "top5")] : []),
    {
      label: "chance",
      reference: true,
      points: points.map(({ anchors }) => ({ x: anchors, y: chance.top1 })),
    },
  ];
  return (
    <div class="figures">
      <LineChart
        title="Would more anchors help?"
        lines={lines}
        x={{ label: "anchors that answer", format: count, log: true }}
        y={{ label: "right answers", format: percent, most: 1 }}
      >
        {growthOf(evaluation)}
      </LineChart>
      {classes.length <= MOST_IN_MATRIX ? (
        <Matrix evaluation={evaluation} />
      ) : (
        <Pairs evaluation={evaluation} />
      )}
      {questions >= classes.length * 2 && <PerClass evaluation={evaluation} />}
    </div>
  );
};

const CONFUSED = "Which classes are taken for which?";

const Matrix = ({ evaluation }: { readonly evaluation: EvaluationBody }) => {
  const { names, shares } = confusionOf(evaluation);
  const [worst] = evaluation.confusions;
  const note =
    worst === undefined
      ? "None was taken for another."
      : `Most often “${worst.truth}” for “${worst.answered}”: ${count(worst.count)} times.`;
  return (
    <Figure
      title={CONFUSED}
      note={note}
      columns={[
        { title: "Shown", format: String },
        ...names.map((name) => ({ title: name, format: percent })),
      ]}
      rows={names.map((name, i) => [name, ...(shares[i] ?? [])])}
    >
      <div class="scroll" tabIndex={0} role="region" aria-label={CONFUSED}>
        <table class="matrix">
          <caption class="small muted">Rows: what the picture shows. Columns: what was answered.</caption>
          <thead>
            <tr>
              <td />
              {names.map((name) => (
                <th key={name} scope="col" title={name}>
                  <span>{name}</span>
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {names.map((name, i) => (
              <tr key={name}>
                <th scope="row">{name}</th>
                {names.map((other, j) => {
                  const share = shares[i]?.[j] ?? 0;
                  return (
                    <td
                      key={other}
                      class={i === j ? "own" : ""}
                      title={`${name} as ${other}: ${percent(share)}`}
                    >
                      <i style={{ opacity: share }} aria-hidden="true" />
                      <span>{share === 0 ? "" : Math.round(share * 100)}</span>
                    </td>
                  );
                })}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </Figure>
  );
};

const Pairs = ({ evaluation: { confusions, classes } }: { readonly evaluation: EvaluationBody }) => {
  const questions = new Map(classes.map((each) => [each.name, each.questions]));
  const columns = [
    { title: "Shown", format: String },
    { title: "Answered", format: String },
    { title: "Times", format: count },
    { title: "Of", format: count },
  ];
  const rows = confusions.map((pair) => [
    pair.truth,
    pair.answered,
    pair.count,
    questions.get(pair.truth) ?? null,
  ]);
  return (
    <Figure
      title={CONFUSED}
      note={`${count(rows.length)} pairs, the most frequent first.`}
      columns={columns}
      rows={rows}
    >
      <ol class="pairs" tabIndex={0}>
        {confusions.slice(0, PAIRS).map(({ truth, answered, count: times }) => (
          <li key={`${truth} ${answered}`}>
            <b>{truth}</b> as <b>{answered}</b> <span class="muted">{count(times)}</span>
          </li>
        ))}
      </ol>
    </Figure>
  );
};

const PerClass = ({ evaluation: { classes } }: { readonly evaluation: EvaluationBody }) => {
  const rows = classes
    .filter(({ questions }) => questions > 0)
    .map((each) => ({ ...each, share: each.right / each.questions }))
    .sort((a, b) => a.share - b.share);
  const [worst] = rows;
  return (
    <Figure
      title="Which classes are answered right?"
      note={worst === undefined ? "" : `Least often “${worst.name}”: ${percent(worst.share)}.`}
      columns={[
        { title: "Class", format: String },
        { title: "Right", format: percent },
        { title: "Questions", format: count },
        { title: "Anchors", format: count },
      ]}
      rows={rows.map(({ name, share, questions, anchors }) => [name, share, questions, anchors])}
    >
      <ul class="bars" tabIndex={0}>
        {rows.slice(0, ROWS).map(({ name, share, questions, anchors }) => (
          <li key={name} title={`${count(questions)} questions, ${count(anchors)} anchors`}>
            <span class="name">{name}</span>
            <span class="meter" aria-hidden="true">
              <i style={{ width: `${share * 100}%` }} />
            </span>
            <b>{percent(share)}</b>
          </li>
        ))}
      </ul>
    </Figure>
  );
};
