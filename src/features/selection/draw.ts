import { labelledAnchors, type LabelSource } from "./labelled-anchors.ts";
import { classNameOf, type Label } from "./emms/index.ts";
import { invalidField, notFound } from "../../errors.ts";
import { createRandom } from "../../math/random.ts";
import { type CollectionRecord, type Store, findCollection } from "../../store/index.ts";
import type { AnchorId, JsonValue, Sequence } from "../../types.ts";
import { unprocessable } from "./settings.ts";
import type { Selection, Subject } from "./types.ts";

/** The samples that models are judged by. */
export interface Drawn {
  readonly labels: readonly Label[];
  /** The rows of what was given that they are; of a collection the anchors' keys. */
  readonly rows: readonly number[];
  /** Null where it is not of a collection. */
  readonly of: { readonly collection: CollectionRecord; readonly sequence: Sequence } | null;
  readonly labelled: Selection["subject"]["labels"];
  readonly counts: Omit<Selection["samples"], "used" | "gone">;
}

/**
 * Draws at most `samples` labelled samples of a subject, the same for the same seed.
 *
 * @throws AnchorageError `not-found` for a collection that is not there, `invalid-input` for an anchor named twice,
 * `unprocessable` where no anchor has a label or an image
 */
export const drawSamples = async (
  store: Store,
  subject: Subject,
  samples: number,
  seed: number,
): Promise<Drawn> => {
  if (!("collection" in subject)) {
    const rows = drawn(
      subject.labels.map((_, i) => i),
      samples,
      seed,
    );
    return {
      labels: subject.labels.filter((_, i) => rows.has(i)),
      rows: [...rows].sort((a, b) => a - b),
      of: null,
      labelled: "given",
      counts: { of: subject.labels.length, withoutLabel: 0, withoutImage: 0 },
    };
  }
  const collection = await findCollection(store, subject.collection);
  if (collection === null) throw notFound("collection", subject.collection);
  const { source, labelOf, labelled } = readLabels(subject.labels);
  const { anchors, sequence, counts } = await labelledAnchors(store, collection, source, (keys) => [
    ...drawn(keys, samples, seed),
  ]);
  const rows = anchors.flatMap(({ key, label }) => {
    const read = labelOf(label);
    return read === null ? [] : [{ key, label: read }];
  });
  if (counts.withoutLabel === counts.anchors)
    throw unprocessable(
      typeof labelled === "object" ? ["labels", "field"] : ["labels"],
      `none of the ${counts.anchors} anchors of "${subject.collection}" has such a label`,
    );
  if (rows.length === 0)
    throw unprocessable(
      ["collection"],
      `none of the ${counts.withoutImage} anchors of "${subject.collection}" with a label has a stored image, which features are made of`,
    );
  return {
    labels: rows.map(({ label }) => label),
    rows: rows.map(({ key }) => key),
    of: { collection, sequence },
    labelled,
    counts: {
      of: counts.anchors,
      withoutLabel: counts.withoutLabel + anchors.length - rows.length,
      withoutImage: counts.withoutImage,
    },
  };
};

const drawn = <T>(items: readonly T[], count: number, seed: number): Set<T> =>
  new Set(items.length <= count ? items : createRandom(seed).sample(items, count));

interface ReadLabels {
  readonly source: LabelSource;
  /** Null where there is nothing to read. */
  readonly labelOf: (value: JsonValue) => Label | null;
  readonly labelled: Drawn["labelled"];
}

const readLabels = (labels: Extract<Subject, { collection: unknown }>["labels"]): ReadLabels => {
  if ("field" in labels) return { source: labels, labelOf: categoryOf, labelled: { field: labels.field } };
  if ("captions" in labels)
    return {
      source: labels,
      labelOf: (caption) => (isBlank(caption) ? null : { caption: textOf(caption) }),
      labelled: "captions",
    };
  const known = new Map<AnchorId, Label>();
  labels.forEach(({ anchor, label }, i) => {
    if (known.has(anchor)) throw invalidField(["labels", i, "anchor"], `"${anchor}" has a label already`);
    known.set(anchor, label);
  });
  return {
    source: { ids: [...known.keys()] },
    labelOf: (id) => known.get(textOf(id) as AnchorId) ?? null,
    labelled: "given",
  };
};

/** A list is several categories at once. */
const categoryOf = (value: JsonValue): Label | null => {
  if (!Array.isArray(value)) return isBlank(value) ? null : { category: textOf(value) };
  return value.some(isBlank) ? null : { categories: value.map(textOf) };
};

const isBlank = (value: JsonValue): boolean => textOf(value).trim() === "";

const textOf = (value: JsonValue): string => (typeof value === "string" ? value : JSON.stringify(value));

export const classNamesOf = (labels: readonly Label[]): string[] => labels.map(classNameOf);

/** The class of each sample, 0 .. C - 1 in the order in which they first occur. */
export const classIdsOf = (labels: readonly Label[]): Int32Array => {
  const known = new Map<string, number>();
  return Int32Array.from(classNamesOf(labels), (name) => {
    const id = known.get(name) ?? known.size;
    known.set(name, id);
    return id;
  });
};
