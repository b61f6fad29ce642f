import { readValue } from "../anchors/value.ts";
import { parseCsv } from "./csv.ts";
import type { AnchorBody } from "../../../src/api/anchors.ts";

/** One pair as it will be stored, before its picture is read. */
export interface Pair {
  readonly id: string;
  readonly text: string;
  readonly metadata: NonNullable<AnchorBody["metadata"]>;
  readonly file: File;
}

/** What was chosen, and why some of it cannot be stored. */
export interface Plan {
  readonly pairs: readonly Pair[];
  readonly rejects: readonly { readonly name: string; readonly reason: string }[];
  /** Where captions were taken from, for the person to check. */
  readonly captions: string;
}

/** A file with its place in the folder that was chosen. */
export interface Chosen {
  readonly path: string;
  readonly file: File;
}

const IMAGE = /\.(png|jpe?g|webp|gif|avif|tiff?|svg)$/i;
const TABLE = /\.(csv|jsonl|ndjson)$/i;
const LINES = /\.(jsonl|ndjson)$/i;
const TEXT = /\.txt$/i;
const MOST_CHARACTERS = 200;

/** "birds/grey_owl-2.jpg" as a caption: "grey owl". */
export const captionOf = (path: string): string =>
  stem(path)
    .replace(/[_\-.]+/g, " ")
    .replace(/ \d+$/, "")
    .trim();

const stem = (path: string): string => (path.split("/").at(-1) ?? path).replace(/\.[^.]+$/, "");
const withoutEnding = (path: string): string => path.replace(/\.[^.]+$/, "");

/**
 * Plans what is stored of some files: each picture with a caption from a table, else from a text file of its name, else
 * from its own name. A table has the columns `file` and `caption`; all others become metadata.
 */
export const planFiles = async (chosen: readonly Chosen[]): Promise<Plan> => {
  const rejects: { name: string; reason: string }[] = [];
  const table = chosen.find(({ path }) => TABLE.test(path));
  const rows =
    table === undefined
      ? null
      : LINES.test(table.path)
        ? readLines(await table.file.text())
        : readTable(await table.file.text());
  const texts = new Map(
    chosen.filter(({ path }) => TEXT.test(path)).map(({ path, file }) => [withoutEnding(path), file]),
  );
  if (rows === null && table !== undefined)
    rejects.push({ name: table.path, reason: "has no file and caption in its first line" });
  const pairs: Pair[] = [];
  const seen = new Set<string>();
  for (const { path, file } of chosen) {
    if (TEXT.test(path) || TABLE.test(path)) continue;
    if (!IMAGE.test(path)) {
      rejects.push({ name: path, reason: "is neither a picture, a .txt beside one, nor a .csv or .jsonl" });
      continue;
    }
    const row = rows?.get(path) ?? rows?.get(path.split("/").at(-1) ?? path);
    const beside = texts.get(withoutEnding(path));
    const text = row?.caption ?? (beside === undefined ? captionOf(path) : (await beside.text()).trim());
    const id = withoutEnding(path);
    const fault = faultOf({ id, text, seen, listed: rows === null || row !== undefined });
    if (fault !== null) rejects.push({ name: path, reason: fault });
    else pairs.push({ id, text, metadata: row?.metadata ?? {}, file });
    seen.add(id);
  }
  const captions =
    rows !== null
      ? `the table ${table?.path ?? ""}`
      : texts.size > 0
        ? "text files beside the pictures"
        : "file names";
  return { pairs, rejects, captions };
};

const faultOf = ({
  id,
  text,
  seen,
  listed,
}: {
  readonly id: string;
  readonly text: string;
  readonly seen: ReadonlySet<string>;
  readonly listed: boolean;
}): string | null => {
  if (!listed) return "is not in the table";
  if (text === "") return "has no caption";
  if (Array.from(id).length > MOST_CHARACTERS) return `has a path of more than ${MOST_CHARACTERS} characters`;
  return seen.has(id) ? "has the path of another picture but for its ending" : null;
};

interface Row {
  readonly caption: string;
  readonly metadata: Pair["metadata"];
}

/** A field of a JSON line by one of its usual names. */
const fieldOf = (
  line: Readonly<Record<string, unknown>>,
  names: readonly string[],
): readonly [string, string] | null => {
  for (const name of names) {
    const value = line[name];
    if (typeof value === "string") return [name, value];
  }
  return null;
};

const FILE_NAMES = ["file", "file_name", "image"];
const CAPTION_NAMES = ["caption", "text"];

/**
 * The rows of a table with a JSON object a line, by file: `file` (or `file_name`, `image`) and `caption` (or `text`);
 * other fields become metadata. Null where the first line has neither.
 */
const readLines = (text: string): ReadonlyMap<string, Row> | null => {
  const rows = new Map<string, Row>();
  for (const line of text.split("\n")) {
    if (line.trim() === "") continue;
    const parsed = parseObject(line);
    const file = parsed === null ? null : fieldOf(parsed, FILE_NAMES);
    const caption = parsed === null ? null : fieldOf(parsed, CAPTION_NAMES);
    if (parsed === null || file === null || caption === null) {
      if (rows.size === 0) return null;
      continue;
    }
    const others = Object.entries(parsed).filter(([name]) => name !== file[0] && name !== caption[0]);
    const metadata = Object.fromEntries(others) as Pair["metadata"];
    rows.set(file[1], { caption: caption[1].trim(), metadata });
  }
  return rows.size === 0 ? null : rows;
};

const parseObject = (line: string): Readonly<Record<string, unknown>> | null => {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === "object" && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : null;
  } catch {
    return null;
  }
};

/** The rows of a table by file; null where it lacks a column that is needed. */
const readTable = (text: string): ReadonlyMap<string, Row> | null => {
  const [head = [], ...lines] = parseCsv(text);
  const names = head.map((name) => name.trim());
  const [file, caption] = [names.indexOf("file"), names.indexOf("caption")];
  if (file < 0 || caption < 0) return null;
  return new Map(
    lines.map((cells) => {
      const others = names.flatMap((name, i) =>
        i === file || i === caption || name === "" || (cells[i] ?? "") === ""
          ? []
          : [[name, readValue(cells[i] ?? "")]],
      );
      const metadata = Object.fromEntries(others) as Pair["metadata"];
      return [cells[file] ?? "", { caption: (cells[caption] ?? "").trim(), metadata }];
    }),
  );
};
