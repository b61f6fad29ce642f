import { useState } from "preact/hooks";
import { NotFoundError } from "../../../src/client/index.ts";
import type { CollectionBody } from "../../../src/api/collections.ts";
import type { EncoderListBody } from "../../../src/api/service.ts";
import type { ReencodingBody } from "../../../src/features/client.ts";
import { counted, percent, when } from "../format.ts";
import { useLoad } from "../load.ts";
import { collectionClient, latestJob } from "../service.ts";
import { Confirm } from "../ui/dialog.tsx";
import { JobProgress, jobKey } from "../ui/job.tsx";
import { Problem } from "../ui/problem.tsx";
import { noteJob } from "../service.ts";

const KIND = "reencode";

/** Moves a collection to other encoders, with what was measured under both. */
export const Reencoding = ({
  collection,
  encoders,
}: {
  readonly collection: CollectionBody;
  readonly encoders: EncoderListBody["encoders"];
}) => {
  const { name, imageEncoder, textEncoder } = collection;
  const [image, setImage] = useState("");
  const [text, setText] = useState("");
  const [asking, setAsking] = useState(false);
  const { value, error } = useLoad(
    async (signal) => {
      try {
        return await collectionClient(name).getReencoding({ signal });
      } catch (failed) {
        if (failed instanceof NotFoundError) return null;
        throw failed;
      }
    },
    `${name} ${jobKey(KIND, name)}`,
  );
  const job = latestJob(KIND, name);
  const external = typeof imageEncoder !== "string" || typeof textEncoder !== "string";
  const others = (modality: "image" | "text", now: unknown) =>
    encoders.filter((encoder) => encoder.modality === modality && encoder.id !== now);
  const chosen = {
    ...(image === "" ? {} : { imageEncoder: image }),
    ...(text === "" ? {} : { textEncoder: text }),
  };
  return (
    <section class="card" aria-labelledby="reencoding-title">
      <h2 id="reencoding-title">Move {name} to another encoder</h2>
      {external ? (
        <p class="muted">Its vectors come from outside, so that this service cannot make them anew.</p>
      ) : (
        <div class="controls">
          {(["image", "text"] as const).map((modality) => {
            const now = modality === "image" ? imageEncoder : textEncoder;
            const set = modality === "image" ? setImage : setText;
            return (
              <label key={modality}>
                {modality === "image" ? "Pictures by" : "Captions by"}{" "}
                <select
                  value={modality === "image" ? image : text}
                  onChange={(event) => set(event.currentTarget.value)}
                >
                  <option value="">{now}, as now</option>
                  {others(modality, now).map(({ id, dimension }) => (
                    <option key={id} value={id}>
                      {id} ({dimension})
                    </option>
                  ))}
                </select>
              </label>
            );
          })}
          {job?.state === "running" ? (
            <JobProgress job={job} />
          ) : (
            <button type="button" disabled={image === "" && text === ""} onClick={() => setAsking(true)}>
              Compare and move…
            </button>
          )}
        </div>
      )}
      <Problem error={error} />
      {job?.state === "failed" && <p class="small fault">The last move failed: {job.error}</p>}
      {value !== undefined && value !== null && <Evidence reencoding={value} />}
      {asking && (
        <Confirm
          title={`Move ${counted(collection.anchorCount, "anchor")} of ${name}?`}
          action="Compare, and move if better"
          onConfirm={async () =>
            noteJob(await collectionClient(name).reencode({ ...chosen, evaluate: true, apply: "if-better" }))
          }
          onClose={() => setAsking(false)}
        >
          <p>
            New vectors are made beside the old ones while questions are answered as before. Both are asked
            the same held-out questions, and the collection moves only where the new ones answer better.
            Calibrations and tunings of the old ones are dropped then.
          </p>
        </Confirm>
      )}
    </section>
  );
};

const nameOf = (choice: ReencodingBody["from"]["imageEncoder"]): string =>
  typeof choice === "string" ? choice : "external";

const Evidence = ({ reencoding }: { readonly reencoding: ReencodingBody }) => {
  const { from, to, state, appliedAt, evaluation, startedAt } = reencoding;
  return (
    <>
      <p>
        The last one, {when(startedAt)}: from {nameOf(from.imageEncoder)} + {nameOf(from.textEncoder)} to{" "}
        {nameOf(to.imageEncoder)} + {nameOf(to.textEncoder)}, {state}
        {appliedAt === null ? "; the collection has not moved" : `; moved at sequence ${appliedAt}`}.
      </p>
      {evaluation !== null && (
        <table class="evidence">
          <caption class="small muted">
            {counted(evaluation.questions, "question")} among {evaluation.classes} held-out classes
          </caption>
          <thead>
            <tr>
              <th scope="col">Encoders</th>
              <th scope="col" class="number">
                First right
              </th>
              <th scope="col" class="number">
                Of five
              </th>
              <th scope="col" class="number">
                Mean reciprocal rank
              </th>
            </tr>
          </thead>
          <tbody>
            {(["before", "after"] as const).map((when_) => {
              const { top1, top5, meanReciprocalRank, spread } = evaluation[when_];
              return (
                <tr key={when_}>
                  <th scope="row">{when_}</th>
                  <td class="number">
                    {percent(top1)} ± {percent(spread.top1)}
                  </td>
                  <td class="number">{percent(top5)}</td>
                  <td class="number">{meanReciprocalRank.toFixed(3)}</td>
                </tr>
              );
            })}
          </tbody>
        </table>
      )}
    </>
  );
};
