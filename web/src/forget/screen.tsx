import { useState } from "preact/hooks";
import type { DeletedBody } from "../../../src/api/anchors.ts";
import type { CollectionBody } from "../../../src/api/collections.ts";
import type { Filter } from "../../../src/api/filter.ts";
import { filterOf } from "../anchors/state.ts";
import { count, counted } from "../format.ts";
import { useLoad } from "../load.ts";
import { formatRoute, route } from "../route.ts";
import { collectionClient, current, refresh } from "../service.ts";
import { Confirm } from "../ui/dialog.tsx";
import { Picture } from "../ui/picture.tsx";
import { Problem } from "../ui/problem.tsx";
import { classKey, measureEffect } from "./effect.ts";
import { EraseDialog, Reports } from "./report.tsx";
import { Receipts } from "./receipts.tsx";
import { Which } from "./which.tsx";

const SHOWN = 10;

/** Which anchors go, what that would change, the deletion, and its proof. */
export const Forget = () => {
  const collection = current.value;
  const [deleted, setDeleted] = useState<DeletedBody | null>(null);
  if (collection === null) return <p class="muted">There is no collection yet.</p>;
  const where = route.value.params.getAll("where");
  const filter = filterOf(where);
  return (
    <div class="forget">
      <div class="title">
        <h1>Forget</h1>
        <p class="muted">Delete by owner or by any other field, erase the bytes, and keep the proof.</p>
      </div>
      <section class="card">
        <h2>1. Which anchors</h2>
        <Which key={collection.name} name={collection.name} where={where} />
        {filter !== undefined && (
          <Chosen
            key={`${collection.name} ${where.join(" ")}`}
            collection={collection}
            filter={filter}
            keys={Object.keys(filter)}
            onDeleted={setDeleted}
          />
        )}
      </section>
      {deleted !== null && <Done name={collection.name} deleted={deleted} />}
      <Reports key={`reports ${collection.name}`} name={collection.name} />
      <Receipts key={collection.name} name={collection.name} sequence={collection.sequence} />
    </div>
  );
};

interface ChosenProps {
  readonly collection: CollectionBody;
  readonly filter: Filter;
  readonly keys: readonly string[];
  readonly onDeleted: (deleted: DeletedBody) => void;
}

const Chosen = ({ collection, filter, keys, onDeleted }: ChosenProps) => {
  const { name, sequence } = collection;
  const [asking, setAsking] = useState<"delete" | "erase" | null>(null);
  const { value, error } = useLoad(
    async (signal) => {
      const client = collectionClient(name);
      const [{ anchors }, all] = await Promise.all([
        client.facets({ keys: [...keys], filter }, { signal }),
        client.facets({ limit: 1 }, { signal }),
      ]);
      const shown = [];
      for await (const anchor of client.listAnchors({ filter, pageSize: SHOWN, signal })) {
        shown.push(anchor);
        if (shown.length === SHOWN) break;
      }
      return { anchors, shown, by: classKey(all.facets, keys) };
    },
    `${name} ${JSON.stringify(filter)} ${sequence}`,
  );
  if (value === undefined) return error === null ? <p class="muted">Counting…</p> : <Problem error={error} />;
  const { anchors, shown, by } = value;
  const remove = async (): Promise<void> => {
    onDeleted(await collectionClient(name).deleteAnchors({ filter }));
    await refresh();
  };
  return (
    <>
      <p>
        <b>{counted(anchors, "anchor")}</b> of {count(collection.anchorCount)}{" "}
        {anchors === 1 ? "matches" : "match"}.
      </p>
      <div class="strip" data-grid>
        {shown.map(({ id, text, hasImage }) => (
          <a
            key={id}
            class="anchor"
            data-item
            href={formatRoute("anchors", { c: name, open: id })}
            title={`${text ?? id}\n${id}`}
          >
            <Picture collection={name} id={id} caption={text} hasImage={hasImage} captioned />
            <span class="cap">{text ?? id}</span>
          </a>
        ))}
      </div>
      {anchors > 0 && (
        <>
          <h2>2. What would change</h2>
          {by === null ? (
            <p class="muted">
              No field has values that could be asked for, so that the effect is not measured here.
            </p>
          ) : (
            <EffectOf name={name} filter={filter} by={by} />
          )}
          <h2>3. Delete</h2>
          <p>
            <button type="button" class="danger" onClick={() => setAsking("delete")}>
              Delete {counted(anchors, "anchor")}…
            </button>{" "}
            <span class="muted small">
              No answer uses them from then on. Erasing their bytes is the next step.
            </span>
          </p>
          <p>
            <button type="button" class="plain" onClick={() => setAsking("erase")}>
              Delete, erase and report…
            </button>{" "}
            <span class="muted small">
              All in one, with a signed report for the file of the person who asked.
            </span>
          </p>
        </>
      )}
      {asking === "erase" && (
        <EraseDialog name={name} filter={filter} anchors={anchors} by={by} onClose={() => setAsking(null)} />
      )}
      {asking === "delete" && (
        <Confirm
          title={`Delete ${counted(anchors, "anchor")} from ${name}?`}
          action={`Delete ${counted(anchors, "anchor")}`}
          danger
          onConfirm={remove}
          onClose={() => setAsking(null)}
        >
          <p>This cannot be undone. The receipt says when and how many were deleted, not what they were.</p>
        </Confirm>
      )}
    </>
  );
};

/** The effect is measured when a person asks for it: it classifies some hundred pictures twice. */
const EffectOf = ({
  name,
  filter,
  by,
}: {
  readonly name: string;
  readonly filter: Filter;
  readonly by: string;
}) => {
  const [asked, setAsked] = useState(false);
  const { value, error, loading } = useLoad(
    (signal) => measureEffect(collectionClient(name), filter, by, signal),
    asked ? `${name} ${JSON.stringify(filter)} ${by}` : null,
  );
  if (!asked)
    return (
      <p>
        <button type="button" class="plain" onClick={() => setAsked(true)}>
          Measure it
        </button>{" "}
        <span class="muted small">
          Stored pictures are asked for their {by}, with and without these anchors.
        </span>
      </p>
    );
  if (error !== null) return <Problem error={error} />;
  if (value === undefined || loading) return <p class="muted">Asking…</p>;
  const { asked: total, classes, flipped, rightBefore, rightAfter, lost } = value;
  return (
    <>
      <p>
        Of {counted(total, "stored picture")}, asked which of {classes} values of {by} they have,{" "}
        <b>{count(flipped)} would be answered otherwise</b>. Right now {count(rightBefore)} are right; then{" "}
        {count(rightAfter)} would be.
      </p>
      {lost.length > 0 && (
        <div class="strip" data-grid>
          {lost.map(({ id, text, from, to }) => (
            <span key={id} class="anchor" title={text ?? id}>
              <Picture collection={name} id={id} caption={text} captioned />
              <span class="cap">{from}</span>
              <span class="contrib neg">→ {to}</span>
            </span>
          ))}
        </div>
      )}
    </>
  );
};

/** The receipt of a deletion, and the erasure that follows it. */
const Done = ({ name, deleted }: { readonly name: string; readonly deleted: DeletedBody }) => {
  const [state, setState] = useState<"idle" | "erasing" | "erased">("idle");
  const [error, setError] = useState<unknown>(null);
  const erase = async (): Promise<void> => {
    setState("erasing");
    try {
      await collectionClient(name).compact();
      setState("erased");
      await refresh();
    } catch (failed) {
      setError(failed);
      setState("idle");
    }
  };
  return (
    <section class="card" role="status">
      <h2>{counted(deleted.deleted, "anchor")} deleted</h2>
      <p>
        Receipt <code>{deleted.receipt.hash}</code>. Keep this hash elsewhere: it proves that the receipt
        below was not changed since.
      </p>
      <p>
        {state === "erased" ? (
          "Erased from memory, snapshots and tables of this service. Backups and Postgres's log are not touched."
        ) : (
          <>
            <button type="button" class="plain" disabled={state === "erasing"} onClick={() => void erase()}>
              {state === "erasing" ? "Erasing…" : "Erase the bytes now"}
            </button>{" "}
            <span class="muted small">Postgres writes its tables anew; writes wait meanwhile.</span>
          </>
        )}
      </p>
      <Problem error={error} />
    </section>
  );
};
