import { useState } from "preact/hooks";
import type { CollectionBody } from "../../../src/api/collections.ts";
import type { SelectionBody } from "../../../src/features/client.ts";
import { count, counted, when } from "../format.ts";
import { useLoad } from "../load.ts";
import { client, collectionClient } from "../service.ts";
import { JobStart, jobKey } from "../ui/job.tsx";
import { Problem } from "../ui/problem.tsx";
import { confidenceOf, selectionFor, verdictOf } from "./ranking.ts";

const SAMPLES = 1_000;

/** Which image encoder would suit a collection, ranked without training any, with how sure each rank is. */
export const Selection = ({ collection: { name, sequence } }: { readonly collection: CollectionBody }) => {
  const [field, setField] = useState("");
  const keys = useLoad(
    (signal) => collectionClient(name).facets({ limit: 1 }, { signal }),
    `${name} ${sequence}`,
  );
  const { value, error } = useLoad(
    (signal) => client.value.listSelections({ signal }),
    `${name} ${jobKey("selection", name)}`,
  );
  const found = selectionFor(value ?? [], name);
  const labels = field === "" ? { captions: true as const } : { field };
  return (
    <section class="card" aria-labelledby="selection-title">
      <h2 id="selection-title">Which encoder would suit these pictures?</h2>
      <div class="controls">
        <label>
          Labels are{" "}
          <select value={field} onChange={(event) => setField(event.currentTarget.value)}>
            <option value="">captions</option>
            {keys.value?.facets
              .filter(({ distinct }) => distinct > 1)
              .map(({ key }) => (
                <option key={key} value={key}>
                  values of {key}
                </option>
              ))}
          </select>
        </label>
        <JobStart
          kind="selection"
          subject={name}
          plain={found !== undefined}
          start={() => client.value.select({ collection: name, labels, samples: SAMPLES })}
        >
          Rank the encoders
        </JobStart>
      </div>
      <Problem error={keys.error ?? error} />
      {found !== undefined && <Ranking selection={found} />}
    </section>
  );
};

const Ranking = ({ selection }: { readonly selection: SelectionBody }) => {
  const { methods } = selection.settings;
  const [first = ""] = methods;
  return (
    <>
      <p>
        {verdictOf(selection, first)}{" "}
        <span class="muted">
          {counted(selection.samples.used, "sample")}, {count(selection.classes)} classes,{" "}
          {when(selection.createdAt)}.
        </span>
      </p>
      <div class="scroll" tabIndex={0} role="region" aria-label="Ranking">
        <table>
          <thead>
            <tr>
              <th scope="col">Encoder</th>
              <th scope="col">Transform</th>
              {methods.map((method) => (
                <th key={method} scope="col" class="number">
                  Rank by {method}
                </th>
              ))}
              <th scope="col">How sure, by {first}</th>
              <th scope="col">Notes</th>
            </tr>
          </thead>
          <tbody>
            {selection.candidates.map((candidate) => (
              <tr key={`${candidate.model} ${candidate.transform}`}>
                <th scope="row">{candidate.model}</th>
                <td>{candidate.transform}</td>
                {methods.map((method) => {
                  const score = candidate.scores[method];
                  return (
                    <td key={method} class="number" title={score?.reason ?? String(score?.score ?? "")}>
                      {score?.rank ?? "–"}
                    </td>
                  );
                })}
                <td>{confidenceOf(candidate, first)}</td>
                <td>{candidate.notes.join(" ")}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </>
  );
};
