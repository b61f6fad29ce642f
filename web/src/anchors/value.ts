import type { StoredAnchorBody } from "../../../src/api/anchors.ts";

type Value = StoredAnchorBody["metadata"][string];

/** A value as a person reads it: text as it is, everything else as JSON. */
export const writeValue = (value: Value): string => {
  const plain = typeof value === "string";
  return plain && readValue(value) === value ? value : JSON.stringify(value);
};

/** What a person typed: JSON where it is JSON, such as a number or a list, else text. */
export const readValue = (typed: string): Value => {
  try {
    return JSON.parse(typed) as Value;
  } catch {
    return typed;
  }
};
