import { readdir } from "node:fs/promises";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { AnchorageError, invalidField } from "../../errors.ts";
import { compareIds } from "../../math/order.ts";

const MAX_EXPANSION = 100_000;

/**
 * The paths that `pattern` stands for, sorted: `*` and `?` within one name, `**` for folders at any depth, `{a,b}` for
 * either, `{000..012}` for a range. A path that exists as it is written stands for itself.
 *
 * @throws AnchorageError `invalid-input` where nothing matches.
 */
export const expandPattern = async (pattern: string): Promise<string[]> => {
  if (existsSync(pattern)) return [pattern];
  const found = new Set<string>();
  for (const path of expandBraces(pattern)) for (const match of await matching(path)) found.add(match);
  if (found.size > 0) return [...found].sort(compareIds);
  const what = /[*?{]/.test(pattern) ? "nothing matches" : "does not exist";
  throw invalidField([pattern], what);
};

const expandBraces = (pattern: string): string[] => {
  const found = /\{([^{}]*(?:,|\.\.)[^{}]*)\}/.exec(pattern);
  if (found === null) return [pattern];
  const [braces, inside = ""] = found;
  const [before, after] = [pattern.slice(0, found.index), pattern.slice(found.index + braces.length)];
  return choicesOf(inside).flatMap((choice) => expandBraces(`${before}${choice}${after}`));
};

const choicesOf = (inside: string): string[] => {
  const [, first, last] = /^(\d+)\.\.(\d+)$/.exec(inside) ?? [];
  if (first === undefined || last === undefined) return inside.split(",");
  const count = Number(last) - Number(first) + 1;
  if (count < 1 || count > MAX_EXPANSION) {
    throw new AnchorageError("invalid-input", `{${inside}} must be a range of 1 to ${MAX_EXPANSION}`);
  }
  const width = first.startsWith("0") ? first.length : 0;
  return Array.from({ length: count }, (_, i) => String(Number(first) + i).padStart(width, "0"));
};

const matching = async (pattern: string): Promise<string[]> => {
  const absolute = pattern.startsWith("/");
  const names = pattern.split("/").filter((name) => name !== "");
  return descend(absolute ? "/" : "", names);
};

const descend = async (folder: string, names: readonly string[]): Promise<string[]> => {
  const [name, ...rest] = names;
  if (name === undefined) return folder === "" ? [] : [folder];
  if (!/[*?]/.test(name)) {
    const path = join(folder, name);
    return existsSync(path) ? descend(path, rest) : [];
  }
  const entries = await readdir(folder === "" ? "." : folder, { withFileTypes: true }).catch(() => []);
  const visible = entries.filter((entry) => !entry.name.startsWith("."));
  if (name === "**") {
    const folders = visible.filter((entry) => entry.isDirectory());
    const deeper = await Promise.all(folders.map((entry) => descend(join(folder, entry.name), names)));
    return [...(await descend(folder, rest)), ...deeper.flat()];
  }
  const expression = expressionOf(name);
  const fitting = visible.filter((entry) => expression.test(entry.name));
  return (await Promise.all(fitting.map((entry) => descend(join(folder, entry.name), rest)))).flat();
};

const expressionOf = (name: string): RegExp => {
  const source = name
    .replaceAll(/[.+^${}()|[\]\\]/g, "\\$&")
    .replaceAll("*", "[^/]*")
    .replaceAll("?", "[^/]");
  return new RegExp(`^${source}$`, "u");
};
