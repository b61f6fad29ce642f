import { stat } from "node:fs/promises";
import { join } from "node:path";
import { walk } from "./folder.ts";
import { expandPattern } from "./glob.ts";
import type { Reject } from "./types.ts";

/**
 * The files that `patterns` name, one after the other: a folder stands for the images in it and below, a pattern for
 * the files that match it, and a file for itself, whatever its
 * name. A file that is named twice comes once.
 *
 * @throws AnchorageError `invalid-input` where a pattern matches nothing.
 */
export async function* imagesIn(patterns: readonly string[]): AsyncGenerator<string | Reject, void> {
  const seen = new Set<string>();
  const first = (path: string): boolean => !seen.has(path) && seen.add(path).has(path);
  for (const pattern of patterns) {
    for (const path of await expandPattern(pattern)) {
      if (!(await stat(path)).isDirectory()) {
        if (first(path)) yield path;
        continue;
      }
      for await (const found of walk(path, "", new Set())) {
        if (found.kind === "reject") yield found;
        else if (first(join(path, found.path))) yield join(path, found.path);
      }
    }
  }
}
