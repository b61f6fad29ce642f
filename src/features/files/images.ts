import { stat } from "node:fs/promises";
import { join } from "node:path";
import { isAnchorageError } from "../../errors.ts";
import { expandPattern } from "./glob.ts";
import { reject, type Reject } from "./reject.ts";
import { walk } from "./walk.ts";

/**
 * The files that `patterns` name, one after the other: a folder stands for the images in it and below, a pattern for
 * the files that match it, and a file for itself, whatever its name. A file that is named twice comes once, and what
 * matches nothing is rejected.
 */
export async function* imagesIn(patterns: readonly string[]): AsyncGenerator<string | Reject, void> {
  const seen = new Set<string>();
  for (const pattern of patterns) {
    for await (const found of expand(pattern)) {
      if (typeof found === "string" && seen.has(found)) continue;
      if (typeof found === "string") seen.add(found);
      yield found;
    }
  }
}

async function* expand(pattern: string): AsyncGenerator<string | Reject, void> {
  try {
    for (const path of await expandPattern(pattern)) {
      if ((await stat(path)).isDirectory()) yield* imagesBelow(path);
      else yield path;
    }
  } catch (error) {
    if (!isAnchorageError(error)) throw error;
    yield reject(pattern, error.faults[0]?.message ?? error.message);
  }
}

async function* imagesBelow(folder: string): AsyncGenerator<string | Reject, void> {
  for await (const found of walk(folder, "", new Set())) {
    if (found.kind === "reject") yield found;
    else if (found.kind === "image") yield join(folder, found.path);
  }
}
