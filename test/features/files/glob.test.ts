import { join, relative } from "node:path";
import { describe, expect, it } from "vitest";
import { expandPattern } from "../../../src/features/files/index.ts";
import { folderOf } from "../importing/support.ts";

const expand = async (pattern: string): Promise<string[]> => {
  const folder = await folderOf({
    "shards/s-008.tar": "",
    "shards/s-009.tar": "",
    "shards/s-010.tar": "",
    "a/b/c.png": "",
    "a/d.png": "",
    "{x}.png": "",
    ".hidden/e.png": "",
  });
  return (await expandPattern(join(folder, pattern))).map((path) => relative(folder, path));
};

describe("a pattern", () => {
  it.each([
    ["shards/s-{009..011}.tar", ["shards/s-009.tar", "shards/s-010.tar"]],
    ["shards/s-{8..9}.tar", undefined],
    ["shards/s-00{8..9}.tar", ["shards/s-008.tar", "shards/s-009.tar"]],
    ["shards/s-{008,010}.tar", ["shards/s-008.tar", "shards/s-010.tar"]],
    ["shards/s-*.tar", ["shards/s-008.tar", "shards/s-009.tar", "shards/s-010.tar"]],
    ["shards/s-01?.tar", ["shards/s-010.tar"]],
    ["**/*.png", ["a/b/c.png", "a/d.png", "{x}.png"]],
    ["a/**/c.png", ["a/b/c.png"]],
    ["{x}.png", ["{x}.png"]],
    ["s.*", undefined],
  ])("%s stands for what it matches", async (pattern, paths) => {
    if (paths === undefined) await expect(expand(pattern)).rejects.toThrow("nothing matches");
    else expect(await expand(pattern)).toEqual(paths);
  });

  it("is refused where its range is absurd", async () => {
    await expect(expand("x-{0..99999999}.tar")).rejects.toThrow("must be a range of 1 to 100000");
  });
});
