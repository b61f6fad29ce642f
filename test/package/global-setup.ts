import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestProject } from "vitest/node";
import { run } from "./run.ts";

const ROOT = join(import.meta.dirname, "../..");

declare module "vitest" {
  interface ProvidedContext {
    /** The tarballs that `npm pack` made. */
    readonly tarballs: { readonly anchorage: string; readonly sample: string; readonly encoders: string };
  }
}

/** Packs the package and its data packages once for all tests. */
export const setup = async (project: TestProject): Promise<() => Promise<void>> => {
  const folder = await mkdtemp(join(tmpdir(), "anchorage-pack-"));
  for (const place of [ROOT, join(ROOT, "packages/sample"), join(ROOT, "packages/encoders-default")])
    await run("npm", ["pack", "--pack-destination", folder], { cwd: place });
  const files = await readdir(folder);
  const named = (start: RegExp): string => {
    const found = files.find((file) => start.test(file));
    if (found === undefined) throw new Error(`npm packed only ${files.join(", ")}`);
    return join(folder, found);
  };
  project.provide("tarballs", {
    anchorage: named(/^anchorage-\d/),
    sample: named(/^anchorage-sample-/),
    encoders: named(/^anchorage-encoders-default-/),
  });
  return () => rm(folder, { recursive: true });
};
