import { AnchorageError } from "../../errors.ts";
import { decodeText } from "../files/index.ts";
import type { JsonValue, Metadata } from "../../types.ts";
import { oneLine } from "./caption.ts";
import type { Columns } from "./columns.ts";

/** Beyond what metadata may be nested to; here so that no row can exhaust the stack. */
const MAX_DEPTH = 100;

/** One row, its cells by column. */
export type ImportedRow = Readonly<Record<string, unknown>>;

/** The text of a cell; undefined if it is empty. */
export const textOf = (cell: unknown): string | undefined => {
  if (typeof cell === "string") return cell.trim() === "" ? undefined : cell;
  if (typeof cell === "number" || typeof cell === "bigint" || typeof cell === "boolean") return String(cell);
  if (cell instanceof Uint8Array) return textOf(decodeText(cell));
  return undefined;
};

/**
 * The captions in a cell, each on one line: a text, or a list of texts or of objects that hold one, such as
 * `{"raw": "a fox"}`. The same caption twice counts once. One empty text if there is none.
 */
export const captionsOf = (cell: unknown): readonly string[] => {
  const cells: readonly unknown[] = Array.isArray(cell) ? cell : [cell];
  const texts = cells.flatMap((item) => {
    const text = textOf(item) ?? textOf(rawOf(item));
    return text === undefined ? [] : [oneLine(text)];
  });
  const [first = "", ...others] = new Set(texts);
  return [first, ...others];
};

const rawOf = (cell: unknown): unknown => {
  if (typeof cell !== "object" || cell === null) return undefined;
  const { raw, caption, text } = cell as { raw?: unknown; caption?: unknown; text?: unknown };
  return raw ?? caption ?? text;
};

/** The cells that are neither path, caption nor id. */
export const metadataOf = (row: ImportedRow, columns: Columns): Metadata => {
  const entries: [string, JsonValue][] = [];
  for (const [name, cell] of Object.entries(row)) {
    if (name === columns.path || name === columns.caption || name === columns.id || columns.without.has(name))
      continue;
    const value = cellAsJson(cell);
    if (value !== undefined) entries.push([name, value]);
  }
  return Object.fromEntries(entries);
};

/** A cell as JSON can hold it; undefined for nothing, for bytes, and for what is no number. */
export const cellAsJson = (cell: unknown, depth = 0): JsonValue | undefined => {
  if (depth > MAX_DEPTH)
    throw new AnchorageError("invalid-input", `a field is nested deeper than ${MAX_DEPTH} levels`);
  if (typeof cell === "string" || typeof cell === "boolean") return cell;
  if (typeof cell === "number") return Number.isFinite(cell) ? cell : undefined;
  if (typeof cell === "bigint") return Number.isSafeInteger(Number(cell)) ? Number(cell) : String(cell);
  if (cell instanceof Date) return Number.isNaN(cell.getTime()) ? undefined : cell.toISOString();
  if (cell === null || cell === undefined || ArrayBuffer.isView(cell)) return undefined;
  if (Array.isArray(cell)) return cell.map((item) => cellAsJson(item, depth + 1) ?? null);
  if (typeof cell !== "object") return undefined;
  const entries = Object.entries(cell).flatMap(([key, value]): [string, JsonValue][] => {
    const json = cellAsJson(value, depth + 1);
    return json === undefined ? [] : [[key, json]];
  });
  return Object.fromEntries(entries);
};
