import { useState } from "preact/hooks";
import type { DeletedBody } from "../../../src/api/anchors.ts";
import { counted } from "../format.ts";
import { useLoad } from "../load.ts";
import { collectionClient, refresh } from "../service.ts";
import { Confirm } from "../ui/dialog.tsx";
import type { Compared } from "./answer.ts";
import { groupFilters } from "./question.ts";
import { putAllBack, question } from "./state.ts";

/** Says that anchors are only thought away, puts them back, and leads to their deletion. */
export const AsIf = ({ name, compared }: { readonly name: string; readonly compared: Compared }) => {
  const { without, withoutGroups } = question.value;
  const [asking, setAsking] = useState(false);
  const [done, setDone] = useState<DeletedBody | null>(null);
  const filter = { any: groupFilters(withoutGroups) };
  const grouped = useLoad(
    (signal) => collectionClient(name).facets({ keys: ["_"], filter }, { signal }),
    withoutGroups.length === 0 ? null : JSON.stringify([name, withoutGroups, compared.now.sequence]),
  );
  const inGroups = withoutGroups.length === 0 ? 0 : (grouped.value?.anchors ?? 0);

  const remove = async (): Promise<void> => {
    const collection = collectionClient(name);
    const first = without.length === 0 ? null : await collection.deleteAnchors({ ids: without });
    const second = withoutGroups.length === 0 ? null : await collection.deleteAnchors({ filter });
    const last = second ?? first;
    if (last === null) return;
    setDone({ ...last, deleted: (first?.deleted ?? 0) + (second?.deleted ?? 0) });
    putAllBack();
    await refresh();
  };

  if (without.length + withoutGroups.length === 0) {
    if (done === null) return null;
    return (
      <p class="note" role="status">
        {counted(done.deleted, "anchor")} deleted. Receipt <code>{done.receipt.hash?.slice(0, 16)}</code>,
        sequence {done.sequence}; the answer above is made without them.
      </p>
    );
  }
  const what = [
    ...(without.length === 0 ? [] : [counted(without.length, "anchor")]),
    ...withoutGroups.map((group) => `all of ${group.replace("=", " ")}`),
  ].join(" and ");
  const total = without.length + inGroups;
  return (
    <div class="tray warn">
      <span>
        As if {what} {without.length === 1 && withoutGroups.length === 0 ? "was" : "were"} not there. Nothing
        is deleted.
      </span>
      <span class="grow" />
      <button type="button" class="plain" onClick={putAllBack}>
        Put {total === 1 ? "it" : "all"} back
      </button>
      <button type="button" class="danger" onClick={() => setAsking(true)}>
        Delete for good…
      </button>
      {asking && (
        <Confirm
          title={`Delete ${counted(total, "anchor")} from ${name}?`}
          action={`Delete ${counted(total, "anchor")}`}
          danger
          onConfirm={remove}
          onClose={() => setAsking(false)}
        >
          <p>
            No answer uses them from then on. This cannot be undone; a receipt is kept that says when and how
            many were deleted, not what they were.
          </p>
        </Confirm>
      )}
    </div>
  );
};
