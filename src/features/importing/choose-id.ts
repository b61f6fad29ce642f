import type { ContentStateBody } from "../../api/anchor-comparison.ts";
import type { PairIds } from "./identities.ts";

/** What an import does with a pair. */
type Choice =
  | { readonly do: "store"; readonly id: string }
  /** It is stored, or came before in this import. */
  | { readonly do: "skip"; readonly id: string }
  /** It is stored with another content. */
  | { readonly do: "change"; readonly id: string; readonly differs: ContentStateBody["differs"] }
  | { readonly do: "refuse"; readonly reason: string };

/** An id that this import has given, to which pair. */
export interface TakenId {
  readonly content: string;
  readonly source: string;
}

/**
 * Chooses the id of a pair: that of the anchor which it is already, else the first free one.
 *
 * @param states of the ids in `ids`
 * @param taken the ids of the pairs before it
 */
export const chooseId = (
  ids: PairIds,
  states: ReadonlyMap<string, ContentStateBody>,
  taken: ReadonlyMap<string, TakenId>,
): Choice => {
  const repeated = [...ids.lookups.map(({ id }) => id), ...ids.fresh].find(
    (id) => taken.get(id)?.content === ids.content,
  );
  if (repeated !== undefined) return { do: "skip", id: repeated };
  const free = ids.lookups.filter(({ id }) => !taken.has(id));
  const same = free.find(({ id }) => states.get(id)?.state === "same");
  if (same !== undefined) return { do: "skip", id: same.id };
  for (const { id, accepts } of free) {
    const { state, differs = [] } = states.get(id) ?? {};
    if (state !== "changed" || accepts === "same" || (accepts === "text" && differs.includes("text")))
      continue;
    return { do: "change", id, differs };
  }
  const fresh = ids.fresh.find((id) => !taken.has(id) && (states.get(id)?.state ?? "absent") === "absent");
  return fresh === undefined
    ? { do: "refuse", reason: reasonOf(ids, states, taken) }
    : { do: "store", id: fresh };
};

const reasonOf = (
  { fresh }: PairIds,
  states: ReadonlyMap<string, ContentStateBody>,
  taken: ReadonlyMap<string, TakenId>,
): string => {
  const [id = ""] = fresh;
  const first = taken.get(id);
  if (first !== undefined) return `its id "${id}" is that of ${first.source}, which came first`;
  return (
    `its id "${id}" is that of an anchor from another source, with another ` +
    `${describeDifferences(states.get(id)?.differs ?? [])}; --prefix puts the name of the source before each id`
  );
};

const NAMES = { image: "image", text: "caption", metadata: "metadata" } as const;

/** What differs, as users call it: "caption and image". */
export const describeDifferences = (differs: ContentStateBody["differs"]): string =>
  differs.map((field) => NAMES[field]).join(" and ");
