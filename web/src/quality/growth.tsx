import type { CollectionBody } from "../../../src/api/collections.ts";
import type { ForecastBody } from "../../../src/features/client.ts";
import { LineChart } from "../charts/line-chart.tsx";
import { count, percent, when } from "../format.ts";
import { useLoad } from "../load.ts";
import { collectionClient } from "../service.ts";
import { JobStart, jobKey } from "../ui/job.tsx";
import { Problem } from "../ui/problem.tsx";
import { forecastNote } from "./classes.ts";
import { orNull } from "./or-null.ts";

/** What more anchors would bring: measured and forecast errors, and one sentence of advice. */
export const Growth = ({ collection: { name, sequence } }: { readonly collection: CollectionBody }) => {
  const { value, error } = useLoad(
    (signal) => orNull(collectionClient(name).getForecast({ signal })),
    `${name} ${jobKey("forecast", name)} ${sequence}`,
  );
  return (
    <>
      <section class="card controls" aria-labelledby="growth-title">
        <h2 id="growth-title">What would twice the anchors bring?</h2>
        <span class="muted">From 2,000 anchors on, beside the classes that are held out.</span>
        <JobStart
          kind="forecast"
          subject={name}
          plain={value !== undefined && value !== null}
          start={() => collectionClient(name).forecast()}
        >
          Forecast
        </JobStart>
      </section>
      <Problem error={error} />
      {value !== undefined && value !== null && <Forecast forecast={value} />}
    </>
  );
};

const Forecast = ({ forecast }: { readonly forecast: ForecastBody }) => (
  <>
    <p class="small muted">
      Measured {when(forecast.forecastAt)} by {forecast.settings.method}: {count(forecast.questions)}{" "}
      questions among {count(forecast.classes)} classes that no answering anchor shows
      {forecast.current ? "" : "; anchors were written since"}. {forecast.advice.sentence}
    </p>
    <div class="figures">
      <LineChart
        title="Error with more anchors"
        lines={forecast.growths.map(({ top, sizes, forecasts }) => ({
          label: `top-${top}`,
          points: [
            ...sizes.map(({ anchors, error }) => ({ x: anchors, y: error })),
            ...forecasts.map(({ anchors, error, low, high }) => ({ x: anchors, y: error, low, high })),
          ],
        }))}
        x={{ label: "anchors; the last two numbers are forecast", format: count, log: true }}
        y={{ label: "wrong answers", format: percent, most: 1 }}
      >
        {forecastNote(forecast)}
      </LineChart>
    </div>
  </>
);
