import { useState } from "preact/hooks";
import type { DeletedBody } from "../../../src/api/anchors.ts";
import type { CollectionBody } from "../../../src/api/collections.ts";
import { counted } from "../format.ts";
import { formatRoute } from "../route.ts";
import { collectionClient, refresh } from "../service.ts";
import { Confirm } from "../ui/dialog.tsx";
import { saveFile } from "../ui/save-file.ts";
import { change, chosen, shelf } from "./state.ts";
import { readValue } from "./value.ts";

/** Anchors that an address can name without becoming unwieldy. */
const MOST_WITHOUT = 500;

type Asking = "tag" | "delete" | null;

/** What can be done with the anchors that are chosen. */
export const Tray = ({ collection }: { readonly collection: CollectionBody }) => {
  const { name } = collection;
  const ids = [...chosen.value];
  const [asking, setAsking] = useState<Asking>(null);
  const [tag, setTag] = useState({ key: "", typed: "" });
  const [deleted, setDeleted] = useState<DeletedBody | null>(null);
  const collectionOf = collectionClient(name);

  const remove = async (): Promise<void> => {
    setDeleted(await collectionOf.deleteAnchors({ ids }));
    if (ids.includes(shelf.value.open)) change({ open: "" });
    chosen.value = new Set();
    await refresh();
  };
  const write = async (): Promise<void> => {
    for (const id of ids) {
      const { metadata, sequence } = await collectionOf.getAnchor(id);
      const next = { ...metadata, [tag.key.trim()]: readValue(tag.typed) };
      await collectionOf.changeAnchor(id, { metadata: next, ifSequence: sequence });
    }
    await refresh();
  };
  const save = async (): Promise<void> => {
    const anchors = await Promise.all(ids.map((id) => collectionOf.getAnchor(id)));
    const lines = anchors.map(({ id, text, metadata }) => `${JSON.stringify({ id, text, metadata })}\n`);
    saveFile(`${name}.jsonl`, "application/x-ndjson", lines.join(""));
  };

  if (ids.length === 0)
    return deleted === null ? null : (
      <p class="note" role="status">
        {counted(deleted.deleted, "anchor")} deleted. Receipt{" "}
        <code>{deleted.receipt.hash?.slice(0, 16)}</code>, sequence {deleted.sequence}.
      </p>
    );
  return (
    <div class="tray floating" role="region" aria-label="Chosen anchors">
      <b>{counted(ids.length, "anchor")} chosen</b>
      <button type="button" class="link" onClick={() => (chosen.value = new Set())}>
        none
      </button>
      <span class="grow" />
      <button type="button" class="plain" onClick={() => setAsking("tag")}>
        Tag…
      </button>
      <button type="button" class="plain" onClick={() => void save()}>
        Export
      </button>
      {ids.length <= MOST_WITHOUT && (
        <a
          class="button plain"
          title="Ask a question as if they were not there"
          href={formatRoute("ask", { c: name, without: ids })}
        >
          Ask without
        </a>
      )}
      <button type="button" class="danger" onClick={() => setAsking("delete")}>
        Delete…
      </button>
      {asking === "delete" && (
        <Confirm
          title={`Delete ${counted(ids.length, "anchor")} from ${name}?`}
          action={`Delete ${counted(ids.length, "anchor")}`}
          danger
          onConfirm={remove}
          onClose={() => setAsking(null)}
        >
          <p>No answer uses them from then on. This cannot be undone; a receipt says when and how many.</p>
        </Confirm>
      )}
      {asking === "tag" && (
        <Confirm
          title={`Set a field of ${counted(ids.length, "anchor")}`}
          action="Set"
          onConfirm={write}
          onClose={() => setAsking(null)}
        >
          <div class="pair">
            <label class="field">
              <span>Key</span>
              <input
                required
                value={tag.key}
                onInput={(event) => setTag({ ...tag, key: event.currentTarget.value })}
              />
            </label>
            <label class="field">
              <span>Value</span>
              <input
                value={tag.typed}
                onInput={(event) => setTag({ ...tag, typed: event.currentTarget.value })}
              />
            </label>
          </div>
        </Confirm>
      )}
    </div>
  );
};
