import { useState } from "preact/hooks";
import type { CollectionBody } from "../../../src/api/collections.ts";
import type { TuningBody } from "../../../src/features/client.ts";
import { count, counted, percent, signed, when } from "../format.ts";
import { collectionClient, refresh } from "../service.ts";
import { Problem } from "../ui/problem.tsx";

/** What a tuning found: the best of each method, held against what the collection answers by. */
export const Settings = ({
  collection,
  tuning,
}: {
  readonly collection: CollectionBody;
  readonly tuning: TuningBody;
}) => {
  const [error, setError] = useState<unknown>(null);
  const { chosen, before, auto, methods = [], questions, classes, complete } = tuning;
  const gain = before === null ? null : chosen.top1 - before.top1;
  const same = auto?.kept === true || (gain !== null && gain <= 0);
  const apply = async (): Promise<void> => {
    const { method, transform, rank, ensemble, k, p } = chosen;
    try {
      await collectionClient(collection.name).update({
        ...{ method, transform, rank, ensemble },
        asif: { k, p },
      });
      await refresh();
      setError(null);
    } catch (failed) {
      setError(failed);
    }
  };
  return (
    <section class="card">
      <h2>Would other settings answer better?</h2>
      <p>
        {same
          ? "No: nothing is surely better than what the collection answers by."
          : gain === null
            ? `The best found is ${chosen.method}, with ${percent(chosen.top1)} right.`
            : `${chosen.method} is right in ${percent(chosen.top1)} instead of ${percent(before?.top1 ?? 0)}.`}{" "}
        <span class="muted">
          {counted(questions, "question")} among {count(classes)} held-out classes, {when(tuning.tunedAt)}
          {complete ? "" : "; time ran out before all was tried"}.
        </span>
      </p>
      <div class="scroll">
        <table>
          <thead>
            <tr>
              <th scope="col">Method, at its best</th>
              <th scope="col" class="number">
                First right
              </th>
              <th scope="col" class="number">
                Of five
              </th>
              <th scope="col" class="number">
                Against asif, 95 %
              </th>
            </tr>
          </thead>
          <tbody>
            {methods.map(({ method, top1, top5, difference }) => (
              <tr key={method}>
                <th scope="row">{method}</th>
                <td class="number">{percent(top1)}</td>
                <td class="number">{percent(top5)}</td>
                <td class="number">
                  {signed(difference.mean)} ({signed(difference.low)} to {signed(difference.high)})
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {!same && tuning.appliedAt === null && (
        <button type="button" class="plain" onClick={() => void apply()}>
          Answer by {chosen.method} from now on
        </button>
      )}
      <Problem error={error} />
    </section>
  );
};
