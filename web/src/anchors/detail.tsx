import { useState } from "preact/hooks";
import type { StoredAnchorBody } from "../../../src/api/anchors.ts";
import type { CollectionBody } from "../../../src/api/collections.ts";
import { decidedBy } from "../ask/decided.ts";
import { useLoad } from "../load.ts";
import { formatRoute } from "../route.ts";
import { collectionClient, refresh } from "../service.ts";
import { Picture } from "../ui/picture.tsx";
import { Problem } from "../ui/problem.tsx";
import { MetadataTable } from "./metadata.tsx";
import { change } from "./state.ts";

const NEAREST = 6;

/** One anchor beside the grid: its picture, caption and metadata, which can be edited, and what is nearest to it. */
export const Detail = ({ collection, id }: { readonly collection: CollectionBody; readonly id: string }) => {
  const { name, sequence } = collection;
  const anchor = useLoad(
    (signal) => collectionClient(name).getAnchor(id, { signal }),
    `${name} ${id} ${sequence}`,
  );
  const [error, setError] = useState<unknown>(null);
  const save = async (edit: { text?: string; metadata?: StoredAnchorBody["metadata"] }): Promise<void> => {
    const known = anchor.value;
    if (known === undefined) return;
    try {
      await collectionClient(name).changeAnchor(id, { ...edit, ifSequence: known.sequence });
      setError(null);
      await refresh();
    } catch (failed) {
      setError(failed);
    }
  };
  const value = anchor.value;
  return (
    <aside class="detail" aria-label={`Anchor ${id}`}>
      <div class="detail-head">
        <code>{id}</code>
        <span class="grow" />
        <button type="button" class="link" onClick={() => change({ open: "" })}>
          Close
        </button>
      </div>
      <Problem error={anchor.error ?? error} />
      {value !== undefined && (
        <>
          <Picture collection={name} id={id} caption={value.text} hasImage={value.hasImage} />
          <Caption key={`caption ${value.sequence}`} text={value.text} onSave={(text) => save({ text })} />
          <MetadataTable
            key={`metadata ${value.sequence}`}
            metadata={value.metadata}
            onSave={(metadata) => save({ metadata })}
          />
          <p class="small muted">Written at sequence {value.sequence}</p>
          <p class="detail-actions">
            <a class="button plain" href={formatRoute("ask", { c: name, anchor: id })}>
              Ask about it
            </a>
            <button type="button" class="plain" onClick={() => change({ like: id, text: "" })}>
              More like it
            </button>
          </p>
          <DecidedFor name={name} id={id} />
          <Neighbours name={name} id={id} sequence={sequence} />
        </>
      )}
    </aside>
  );
};

const Caption = ({
  text,
  onSave,
}: {
  readonly text: string | null;
  readonly onSave: (text: string) => Promise<void>;
}) => {
  const [typed, setTyped] = useState(text ?? "");
  const [saving, setSaving] = useState(false);
  const edited = typed !== (text ?? "") && typed.trim() !== "";
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        setSaving(true);
        void onSave(typed).finally(() => setSaving(false));
      }}
    >
      <label class="field">
        <span>Caption</span>
        <textarea rows={2} value={typed} onInput={(event) => setTyped(event.currentTarget.value)} />
      </label>
      {edited && (
        <div class="buttons">
          <button type="button" class="plain" onClick={() => setTyped(text ?? "")}>
            Undo
          </button>
          <button type="submit" disabled={saving}>
            {saving ? "Encoding…" : "Save caption"}
          </button>
        </div>
      )}
    </form>
  );
};

/** What the anchor moved in the last questions of this tab. */
const DecidedFor = ({ name, id }: { readonly name: string; readonly id: string }) => {
  const uses = decidedBy(name, id);
  return (
    <section>
      <h2>Decides for</h2>
      {uses.length === 0 ? (
        <p class="small muted">No question that was asked in this tab lists it.</p>
      ) : (
        <ul class="plain-list">
          {uses.map(({ what, address, name: className, contribution, won }) => (
            <li key={`${what} ${className} ${contribution}`}>
              <strong>{className}</strong> {contribution < 0 ? "−" : "+"}
              {Math.abs(contribution).toFixed(3)}
              {won ? ", the answer," : ""} of {address === null ? what : <a href={address}>{what}</a>}
            </li>
          ))}
        </ul>
      )}
    </section>
  );
};

const Neighbours = ({
  name,
  id,
  sequence,
}: {
  readonly name: string;
  readonly id: string;
  readonly sequence: number;
}) => {
  const { value } = useLoad(async (signal) => {
    const collection = collectionClient(name);
    const near = (modality: "image" | "text") =>
      collection.search(
        { query: { anchor: id, modality }, target: modality, limit: NEAREST + 1 },
        { signal },
      );
    const [image, text] = await Promise.all([near("image"), near("text")]);
    return { image: image.hits, text: text.hits };
  }, `${name} ${id} ${sequence}`);
  if (value === undefined) return null;
  return (
    <>
      {(["image", "text"] as const).map((modality) => (
        <section key={modality}>
          <h2>{modality === "image" ? "Nearest pictures" : "Nearest captions"}</h2>
          <div class="strip small-strip" data-grid>
            {value[modality]
              .filter((hit) => hit.id !== id)
              .slice(0, NEAREST)
              .map((hit) => (
                <button
                  key={hit.id}
                  type="button"
                  class="anchor"
                  data-item
                  onClick={() => change({ open: hit.id })}
                >
                  <Picture collection={name} id={hit.id} caption={hit.text} captioned />
                  <span class="cap">{hit.text ?? hit.id}</span>
                  <span class="contrib">{hit.score.toFixed(3)}</span>
                </button>
              ))}
          </div>
        </section>
      ))}
    </>
  );
};
