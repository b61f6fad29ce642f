import { useState } from "preact/hooks";
import { counted } from "../format.ts";
import { collectionClient, refresh } from "../service.ts";
import { Confirm } from "../ui/dialog.tsx";
import { Picture } from "../ui/picture.tsx";
import { idsBeside, proposedCaption, type CheckedFinding } from "./words.ts";

interface RemedyProps {
  readonly collection: string;
  readonly finding: CheckedFinding;
  readonly onClose: () => void;
}

/** Chooses which anchor of a group stays; the others are deleted. */
export const KeepOne = ({
  collection,
  finding,
  onClose,
  onRemoved,
}: RemedyProps & { readonly onRemoved: (ids: readonly string[]) => void }) => {
  const { anchors, count } = finding;
  const [kept, setKept] = useState(anchors[0]?.anchor ?? "");
  const gone = idsBeside(finding, kept);
  const remove = async (): Promise<void> => {
    await collectionClient(collection).deleteAnchors({ ids: gone });
    onRemoved(gone);
    await refresh();
  };
  return (
    <Confirm
      title="Which one stays?"
      action={`Delete the other ${gone.length === 1 ? "one" : String(gone.length)}`}
      danger
      onConfirm={remove}
      onClose={onClose}
    >
      <fieldset class="choice">
        <legend class="muted small">
          {count > anchors.length
            ? `The first ${anchors.length} of ${count}; check again for the rest.`
            : "The others are deleted. This cannot be undone; a receipt says when and how many."}
        </legend>
        <div class="strip">
          {anchors.map(({ anchor, text, image }) => (
            <label key={anchor} class="anchor">
              <input
                type="radio"
                name="kept"
                checked={anchor === kept}
                onChange={() => setKept(anchor)}
                aria-label={`Keep ${anchor}, ${text ?? "without a caption"}`}
              />
              <Picture
                collection={collection}
                id={anchor}
                caption={text}
                hasImage={image !== null}
                captioned
              />
              <span class="cap" title={text ?? anchor}>
                {text ?? anchor}
              </span>
              <span class="contrib">{anchor}</span>
            </label>
          ))}
        </div>
      </fieldset>
    </Confirm>
  );
};

/** Deletes the anchor of a finding. */
export const Remove = ({
  collection,
  finding,
  onClose,
  onRemoved,
}: RemedyProps & { readonly onRemoved: (ids: readonly string[]) => void }) => {
  const ids = finding.anchors.map(({ anchor }) => anchor);
  return (
    <Confirm
      title={`Delete ${counted(ids.length, "anchor")}?`}
      action={`Delete ${counted(ids.length, "anchor")}`}
      danger
      onConfirm={async () => {
        await collectionClient(collection).deleteAnchors({ ids });
        onRemoved(ids);
        await refresh();
      }}
      onClose={onClose}
    >
      <p>No answer uses it from then on. This cannot be undone; a receipt says when and how many.</p>
    </Confirm>
  );
};

/** A caption that was changed, so that it can be put back. */
export interface Recaptioned {
  readonly id: string;
  readonly before: string | null;
  readonly after: string;
  /** The write of the new caption; a later one is not undone. */
  readonly sequence: number;
}

/** Gives anchors of a finding another caption: the first alone, or all that spell it otherwise. */
export const Recaption = ({
  collection,
  finding,
  all,
  onClose,
  onChanged,
}: RemedyProps & {
  readonly all: boolean;
  readonly onChanged: (changed: readonly Recaptioned[]) => void;
}) => {
  const [typed, setTyped] = useState(all ? (finding.anchors[0]?.text ?? "") : proposedCaption(finding));
  const targets = (all ? finding.anchors : finding.anchors.slice(0, 1)).filter(({ text }) => text !== typed);
  const change = async (): Promise<void> => {
    const client = collectionClient(collection);
    const changed: Recaptioned[] = [];
    try {
      for (const { anchor } of targets) {
        const known = await client.getAnchor(anchor);
        const written = await client.changeAnchor(anchor, { text: typed, ifSequence: known.sequence });
        changed.push({ id: anchor, before: known.text, after: typed, sequence: written.sequence });
      }
    } finally {
      onChanged(changed);
      await refresh();
    }
  };
  return (
    <Confirm
      title="Change the caption"
      action={`Change ${counted(targets.length, "caption")}`}
      onConfirm={change}
      onClose={onClose}
    >
      {all && (
        <p class="muted small">
          One anchor of each spelling gets this caption:{" "}
          {finding.anchors.map(({ text }) => `“${text ?? ""}”`).join(", ")}. Others with the same spelling
          show up at the next check.
        </p>
      )}
      <label class="field">
        <span>Caption</span>
        <textarea required rows={2} value={typed} onInput={(event) => setTyped(event.currentTarget.value)} />
      </label>
      {!all && finding.beside !== null && (
        <p class="muted small">Proposed is the caption of the picture that is most like it.</p>
      )}
    </Confirm>
  );
};
