import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { PROMPT_SETS, promptsOf, readTemplates } from "../../../src/features/files/index.ts";
import { folderOf } from "../importing/support.ts";

describe("prompts", () => {
  it("of ASIF's authors are as many as they used: 7, 18 and 3", () => {
    const { imagenet, pets, "cifar-100": cifar } = PROMPT_SETS;
    expect([imagenet?.length, cifar?.length, pets?.length]).toEqual([7, 18, 3]);
    expect(cifar?.slice(0, 2)).toEqual(["a photo of a {}.", "a blurry photo of a {}."]);
    expect(cifar?.at(-1)).toBe("a photo of the big {}.");
    expect(new Set(cifar).size).toBe(18);
  });

  it("come by name, or from a file of lines or JSON", async () => {
    const folder = await folderOf({
      "lines.txt": "a {}\nthe {}.\n",
      "list.json": '["one {}"]',
      "bad.txt": "a photo\n",
    });
    expect(await readTemplates("pets")).toBe(PROMPT_SETS.pets);
    expect(await readTemplates(join(folder, "lines.txt"))).toEqual(["a {}", "the {}."]);
    expect(await readTemplates(join(folder, "list.json"))).toEqual(["one {}"]);
    await expect(readTemplates(join(folder, "bad.txt"))).rejects.toThrow(/each with \{\} in it/);
    await expect(readTemplates("flowers")).rejects.toThrow(/none of the prompt sets imagenet, cifar-100/);
  });

  it("ask for each name of a class in each template, whatever signs it holds", () => {
    expect(promptsOf(["tench", "a $& b"], ["a {}", "{} {}"])).toEqual([
      "a tench",
      "tench tench",
      "a a $& b",
      "a $& b a $& b",
    ]);
  });
});
