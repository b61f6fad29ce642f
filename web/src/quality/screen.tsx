import type { CollectionBody } from "../../../src/api/collections.ts";
import type { FacetsAnswerBody } from "../../../src/api/facets.ts";
import { counted, when } from "../format.ts";
import { useLoad } from "../load.ts";
import { formatRoute, navigate, route } from "../route.ts";
import { collectionClient, current } from "../service.ts";
import { JobStart, jobKey } from "../ui/job.tsx";
import { Problem } from "../ui/problem.tsx";
import { Accuracy } from "./accuracy.tsx";
import { calibrationOf, Certainty } from "./certainty.tsx";
import { FEWEST_HELD, readMeasure, requestOf, type Measure } from "./classes.ts";
import { Coverage } from "./coverage.tsx";
import { Growth } from "./growth.tsx";
import { orNull } from "./or-null.ts";
import "./quality.css";
import { Settings } from "./settings.tsx";

const BUDGET_SECONDS = 300;

/** How right and how sure a collection's answers are, measured on its own anchors. */
export const Quality = () => {
  const collection = current.value;
  if (collection === null) return <p class="muted">There is no collection yet.</p>;
  return (
    <div class="quality">
      <div class="title">
        <h1>Quality</h1>
        <p class="muted">
          How far the answers can be believed. Anchors are held out and asked about; nothing is changed.
        </p>
      </div>
      <Rightness key={collection.name} collection={collection} />
      <Growth collection={collection} />
      <Sureness collection={collection} />
      <Tuned collection={collection} />
    </div>
  );
};

const Rightness = ({ collection: { name, sequence } }: { readonly collection: CollectionBody }) => {
  const measure = readMeasure(route.value.params);
  const keys = useLoad(
    (signal) => collectionClient(name).facets({ limit: 60 }, { signal }),
    `${name} ${sequence}`,
  );
  const { value, error } = useLoad(
    (signal) => orNull(collectionClient(name).getEvaluation({ signal })),
    `${name} ${jobKey("evaluate", name)} ${sequence}`,
  );
  const evaluated = value ?? null;
  const suggested =
    keys.value?.facets
      .find(({ key }) => key === (evaluated?.by ?? measure.by))
      ?.values.map(({ value: each }) => String(each)) ??
    evaluated?.classes.slice(0, 20).map((each) => each.name) ??
    [];
  return (
    <>
      <section class="card controls" aria-labelledby="rightness-title">
        <h2 id="rightness-title">How right are the answers?</h2>
        <Choice name={name} measure={measure} facets={keys.value} />
        <JobStart
          kind="evaluate"
          subject={name}
          start={() => collectionClient(name).evaluate(requestOf(measure))}
        >
          Measure
        </JobStart>
      </section>
      <Problem error={keys.error ?? error} />
      {evaluated !== null && (
        <>
          <p class="small muted">
            Measured {when(evaluated.evaluatedAt)} by {evaluated.method}:{" "}
            {counted(evaluated.questions, "question")} among {evaluated.candidates} classes,{" "}
            {evaluated.by === null ? "captions" : `values of ${evaluated.by}`},{" "}
            {evaluated.hold === "classes" ? "each without any of its anchors" : "each picture without itself"}
            {evaluated.current ? "" : "; anchors were written since"}.
          </p>
          <Accuracy evaluation={evaluated} />
        </>
      )}
      {(evaluated !== null || suggested.length > 0) && (
        <Coverage key={suggested.join()} name={name} suggested={suggested} />
      )}
    </>
  );
};

const Choice = ({
  name,
  measure,
  facets,
}: {
  readonly name: string;
  readonly measure: Measure;
  readonly facets: FacetsAnswerBody | undefined;
}) => {
  const usable = facets?.facets.filter(({ distinct }) => distinct >= 2) ?? [];
  const change = (next: Measure): void =>
    navigate(formatRoute("quality", { c: name, by: next.by, hold: next.hold === "images" ? "images" : "" }), {
      replace: true,
    });
  const few = (usable.find(({ key }) => key === measure.by)?.distinct ?? Infinity) < FEWEST_HELD;
  return (
    <>
      <label>
        Classes are{" "}
        <select
          value={measure.by}
          onChange={(event) => {
            const by = event.currentTarget.value;
            const distinct = usable.find(({ key }) => key === by)?.distinct ?? Infinity;
            change({ by, hold: by !== "" && distinct < FEWEST_HELD ? "images" : "classes" });
          }}
        >
          <option value="">captions</option>
          {usable.map(({ key, distinct }) => (
            <option key={key} value={key}>
              values of {key} ({distinct})
            </option>
          ))}
        </select>
      </label>
      {measure.by !== "" && (
        <label>
          asked{" "}
          <select
            value={measure.hold}
            onChange={(event) =>
              change({ ...measure, hold: event.currentTarget.value === "images" ? "images" : "classes" })
            }
          >
            <option value="images">as known classes: each picture without itself</option>
            <option value="classes" disabled={few}>
              as new classes: without any of their anchors{few ? ` (from ${FEWEST_HELD} values on)` : ""}
            </option>
          </select>
        </label>
      )}
    </>
  );
};

const Sureness = ({ collection }: { readonly collection: CollectionBody }) => {
  const { name, sequence } = collection;
  const { value, error } = useLoad(
    (signal) => collectionClient(name).listCalibrations({ signal }),
    `${name} ${jobKey("calibrate", name)} ${sequence}`,
  );
  const calibration = calibrationOf(value ?? [], collection);
  return (
    <>
      <section class="card controls" aria-labelledby="sureness-title">
        <h2 id="sureness-title">How sure may an answer be?</h2>
        <span class="muted">
          {value !== undefined && calibration === undefined
            ? "Not calibrated yet: answers carry no probability."
            : ""}
        </span>
        <JobStart
          kind="calibrate"
          subject={name}
          plain={calibration !== undefined}
          start={() => collectionClient(name).calibrate()}
        >
          {calibration === undefined ? "Calibrate" : "Calibrate again"}
        </JobStart>
      </section>
      <Problem error={error} />
      {calibration !== undefined && <Certainty key={calibration.calibratedAt} calibration={calibration} />}
    </>
  );
};

const Tuned = ({ collection }: { readonly collection: CollectionBody }) => {
  const { name } = collection;
  const { value, error } = useLoad(
    (signal) => orNull(collectionClient(name).getTuning({ signal })),
    `${name} ${jobKey("tune", name)} ${collection.sequence}`,
  );
  return (
    <>
      <section class="card controls" aria-labelledby="tuned-title">
        <h2 id="tuned-title">Are these the best settings?</h2>
        <span class="muted">
          All methods and settings on the same held-out classes, at most five minutes.
        </span>
        <JobStart
          kind="tune"
          subject={name}
          plain
          start={() => collectionClient(name).tune({ budgetSeconds: BUDGET_SECONDS })}
        >
          Compare settings
        </JobStart>
      </section>
      <Problem error={error} />
      {value !== undefined && value !== null && <Settings collection={collection} tuning={value} />}
    </>
  );
};
