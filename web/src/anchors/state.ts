import { computed, signal } from "@preact/signals";
import type { Filter, FilterScalar } from "../../../src/api/filter.ts";
import { formatRoute, navigate, route } from "../route.ts";
import { current } from "../service.ts";
import type { ChosenImage } from "../ui/drop.ts";

/** How anchors are looked for: by what a text means, or by the words of captions. */
export type Kind = "meaning" | "words";

/** What the address says of this section. */
export interface Shelf {
  readonly text: string;
  readonly kind: Kind;
  /** The anchor whose neighbours are shown; empty: none. */
  readonly like: string;
  /** Values of metadata keys, as `key=JSON`; of one key any of them, of several keys all. */
  readonly where: readonly string[];
  /** The anchor that is shown beside the grid; empty: none. */
  readonly open: string;
}

export const shelf = computed<Shelf>(() => {
  const { params } = route.value;
  return {
    text: params.get("text") ?? "",
    kind: params.get("kind") === "words" ? "words" : "meaning",
    like: params.get("like") ?? "",
    where: params.getAll("where"),
    open: params.get("open") ?? "",
  };
});

export const shelfAddress = (c: string, { text, kind, like, where, open }: Partial<Shelf>): string =>
  formatRoute("anchors", {
    c,
    text,
    kind: kind === "words" ? "words" : "",
    like,
    where,
    open,
  });

export const change = (changes: Partial<Shelf>, options: { replace?: boolean } = {}): void =>
  navigate(shelfAddress(current.value?.name ?? "", { ...shelf.value, ...changes }), options);

/** An image that anchors are looked for by; it is in no address. */
export const lookedFor = signal<ChosenImage | null>(null);
/** The anchors that are chosen, of the collection that is shown. */
export const chosen = signal<ReadonlySet<string>>(new Set());

let chosenOf = "";
/** Keeps what is chosen while other sections are shown, and nothing of another collection. */
export const keepChosenOf = (collection: string): void => {
  if (collection !== chosenOf) chosen.value = new Set();
  chosenOf = collection;
};

export const toggleChosen = (id: string): void => {
  const next = new Set(chosen.value);
  if (!next.delete(id)) next.add(id);
  chosen.value = next;
};

/** A value of a metadata key, in the form of an address. */
export const condition = (key: string, value: FilterScalar): string => `${key}=${JSON.stringify(value)}`;

/** Reads conditions; those that are damaged are left out. */
export const readConditions = (where: readonly string[]): ReadonlyMap<string, readonly FilterScalar[]> => {
  const read = new Map<string, FilterScalar[]>();
  for (const each of where) {
    const at = each.indexOf("=");
    try {
      const value: unknown = JSON.parse(each.slice(at + 1));
      if (at < 1 || (typeof value === "object" && value !== null)) continue;
      const key = each.slice(0, at);
      read.set(key, [...(read.get(key) ?? []), value as FilterScalar]);
    } catch {
      continue;
    }
  }
  return read;
};

/** The filter of the conditions: any value of one key, all keys; undefined where there is none. */
export const filterOf = (where: readonly string[], except?: string): Filter | undefined => {
  const conditions = [...readConditions(where)].filter(([key]) => key !== except);
  if (conditions.length === 0) return undefined;
  return Object.fromEntries(conditions.map(([key, values]) => [key, { in: values }]));
};
