import { readdirSync } from "node:fs";
import { basename } from "node:path";
import { describe, expect, test } from "vitest";
import { AnchorageError, pathText } from "../../src/errors.ts";
import { parseProfile, readProfile, type IndexProfile } from "../../src/retrieval/index.ts";

const GOOD: IndexProfile = {
  name: "mine",
  metric: "cosine",
  exactLimit: 10,
  hnsw: { m: 16, efConstruction: 100, ef: 50 },
};

const faultOf = (profile: unknown): AnchorageError => {
  try {
    parseProfile(typeof profile === "string" ? profile : JSON.stringify(profile));
  } catch (error) {
    if (error instanceof AnchorageError) return error;
    throw error;
  }
  throw new Error("the profile was taken");
};

describe("an index profile", () => {
  test("is read from its file", () => {
    expect(parseProfile(JSON.stringify(GOOD))).toEqual(GOOD);
  });

  const files = readdirSync(new URL("../../indexes/", import.meta.url)).map((file) =>
    basename(file, ".json"),
  );
  test.each(files)("is checked in as %s, under its own name", (name) => {
    expect(readProfile(name)).toMatchObject({ name, metric: "cosine" });
  });

  test.each([
    ["metric", { ...GOOD, metric: "euclidean" }],
    ["exactLimit", { ...GOOD, exactLimit: -1 }],
    ["exactLimit", { ...GOOD, exactLimit: 1.5 }],
    ["hnsw.m", { ...GOOD, hnsw: { ...GOOD.hnsw, m: 1 } }],
    ["hnsw.m", { ...GOOD, hnsw: { ...GOOD.hnsw, m: 1_000 } }],
    ["hnsw.ef", { ...GOOD, hnsw: { ...GOOD.hnsw, ef: "many" } }],
    ["hnsw.efConstruction", { ...GOOD, hnsw: { m: 16, ef: 50 } }],
    ["", { ...GOOD, exactlimit: 10 }],
  ])("is refused for its field %j", (path, profile) => {
    const { code, faults } = faultOf(profile);
    expect(code).toBe("corrupt-file");
    expect(faults.map((fault) => pathText(fault.path))).toEqual([path]);
  });

  test("is refused where it is no JSON", () => {
    expect(faultOf("{").code).toBe("corrupt-file");
  });
});
