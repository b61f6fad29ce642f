import { reject } from "../files/index.ts";
import type { Entry, Pair } from "./types.ts";

/** The metadata field that keeps the address. */
const FIELD = "link";
const SLOT = /\{([^{}]+)\}/g;

/**
 * Adds the address under which an anchor's original is found, as the metadata field `link`. `{id}` stands for the pair's
 * id, `{name}` for the name of its image, and any other name in braces for that field of its metadata.
 *
 * @returns a reject if the pair lacks a field
 * @example
 * ```ts
 * addLink(pair, "https://example.org/works/{accession}"); // metadata.link: "https://example.org/works/1994.12"
 * ```
 */
export const addLink = (pair: Pair, template: string): Entry => {
  const missing: string[] = [];
  const link = template.replaceAll(SLOT, (_, slot: string) => {
    const value = slot === "id" ? pair.id : slot === "name" ? pair.name : pair.metadata[slot];
    if (typeof value === "string" || typeof value === "number") return escaped(String(value));
    missing.push(slot);
    return "";
  });
  const [first] = missing;
  if (first === undefined) return { ...pair, metadata: { ...pair.metadata, [FIELD]: link } };
  return reject(pair.source, `has no "${first}", which --link needs`, pair.id);
};

/** For a path of an address: slashes stay. */
const escaped = (value: string): string => value.split("/").map(encodeURIComponent).join("/");
