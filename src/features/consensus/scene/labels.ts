import type { Scene } from "./scene.ts";
import type { JsonValue } from "../../../types.ts";
import type { Slot } from "../../../retrieval/index.ts";

/** Names that differ by case, by spaces around them or by how accents are encoded are one. */
export const labelKey = (text: string): string => text.normalize("NFC").trim().toLowerCase();

/** The names that an anchor has in a metadata field: its value, or each element of it; none of what is no name. */
export const labelsAt = ({ view }: Scene, slot: Slot, field: string): string[] => {
  const { metadata } = view.entry(slot);
  const value = Object.hasOwn(metadata, field) ? metadata[field] : undefined;
  const values: readonly (JsonValue | undefined)[] = Array.isArray(value) ? (value as JsonValue[]) : [value];
  return values.flatMap((each) => {
    if (typeof each === "number" || typeof each === "boolean") return [String(each)];
    return typeof each === "string" && each.trim() !== "" ? [each.trim()] : [];
  });
};

/** All names in a field, as they are first written, with how many anchors have them; the most frequent first. */
export const labelsOf = (
  scene: Scene,
  field: string,
): ReadonlyMap<string, { readonly name: string; readonly anchors: number }> => {
  const found = new Map<string, { name: string; anchors: number }>();
  for (const slot of scene.slots()) {
    for (const name of labelsAt(scene, slot, field)) {
      const known = found.get(labelKey(name));
      if (known === undefined) found.set(labelKey(name), { name, anchors: 1 });
      else known.anchors++;
    }
  }
  return new Map([...found].sort(([, a], [, b]) => b.anchors - a.anchors));
};
