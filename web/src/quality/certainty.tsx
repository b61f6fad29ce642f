import { useState } from "preact/hooks";
import type { CollectionBody } from "../../../src/api/collections.ts";
import type { CalibrationBody } from "../../../src/features/client.ts";
import { LineChart } from "../charts/line-chart.tsx";
import { count, counted, percent, when } from "../format.ts";

type Evidence = CalibrationBody["byClasses"][number];

/** A number of classes that people ask with. */
const USUAL_CLASSES = 6;
/** How often the first answer may be wrong in the sentence under the curve. */
const RISK = 0.1;

/** The calibration for what the collection answers by, else any. */
export const calibrationOf = (
  calibrations: readonly CalibrationBody[],
  { method }: Pick<CollectionBody, "method">,
): CalibrationBody | undefined => {
  const whole = calibrations.filter(({ settings }) => settings.filter === null);
  return whole.find(({ settings }) => settings.method === method) ?? whole[0] ?? calibrations[0];
};

/** How far probabilities can be believed: the reliability diagram, and risk against coverage. */
export const Certainty = ({ calibration }: { readonly calibration: CalibrationBody }) => {
  const sizes = calibration.byClasses.map(({ classes }) => classes);
  const usual = sizes.find((size) => size >= USUAL_CLASSES) ?? sizes.at(-1) ?? 0;
  const [classes, setClasses] = useState(usual);
  const evidence = calibration.byClasses.find((each) => each.classes === classes) ?? calibration.byClasses[0];
  if (evidence === undefined) return null;
  return (
    <>
      <p class="small muted">
        Measured {when(calibration.calibratedAt)} on {counted(evidence.testedImages, "held-out image")}
        {calibration.current ? "" : "; anchors were written since"}.{" "}
        <label>
          Among{" "}
          <select value={String(classes)} onChange={(event) => setClasses(Number(event.currentTarget.value))}>
            {sizes.map((size) => (
              <option key={size} value={String(size)}>
                {count(size)}
              </option>
            ))}
          </select>{" "}
          classes
        </label>
      </p>
      <div class="figures">
        <Reliability evidence={evidence} />
        <Risk evidence={evidence} />
        <Sets evidence={evidence} />
      </div>
    </>
  );
};

const Reliability = ({ evidence }: { readonly evidence: Evidence }) => {
  const { reliability, expectedCalibrationError: error } = evidence;
  const lines = [
    {
      label: "measured",
      points: reliability.map(({ confidence, accuracy, low, high }) => ({
        ...{ x: confidence, y: accuracy },
        ...{ low, high },
      })),
    },
    { label: "ideal", reference: true, points: [0, 1].map((at) => ({ x: at, y: at })) },
  ];
  return (
    <LineChart
      title="Is 80 % sure right 80 % of the time?"
      lines={lines}
      x={{ label: "probability of the first class", format: percent }}
      y={{ label: "right", format: percent, most: 1 }}
    >
      {`Probabilities are off by ${percent(error.tested)} on average.`}
    </LineChart>
  );
};

const Risk = ({ evidence }: { readonly evidence: Evidence }) => {
  const { riskCoverage, accuracy } = evidence;
  const best = riskCoverage.findLast(({ risk }) => risk <= RISK);
  const lines = [
    { label: "wrong", points: riskCoverage.map(({ coverage, risk }) => ({ x: coverage, y: risk })) },
  ];
  return (
    <LineChart
      title="How many can be answered, and how many of those are wrong?"
      lines={lines}
      x={{ label: "answered, the surest first", format: percent }}
      y={{ label: "wrong among them", format: percent }}
    >
      {best === undefined
        ? `No share of the answers is wrong in less than ${percent(RISK)}; of all ${percent(1 - accuracy)} are.`
        : `${percent(best.coverage)} can be answered with ${percent(best.risk)} wrong; all with ${percent(1 - accuracy)}.`}
    </LineChart>
  );
};

const Sets = ({ evidence }: { readonly evidence: Evidence }) => (
  <section class="card figure">
    <h2>How large is a set that holds the true class?</h2>
    <table>
      <thead>
        <tr>
          <th scope="col" class="number">
            Wanted
          </th>
          <th scope="col" class="number">
            Measured
          </th>
          <th scope="col" class="number">
            Classes in the set, mean
          </th>
        </tr>
      </thead>
      <tbody>
        {evidence.conformal.map(({ coverage, measuredCoverage, meanSize }) => (
          <tr key={coverage}>
            <td class="number">{percent(coverage)}</td>
            <td class="number">{percent(measuredCoverage)}</td>
            <td class="number">
              {meanSize.toFixed(1)} of {count(evidence.classes)}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  </section>
);
