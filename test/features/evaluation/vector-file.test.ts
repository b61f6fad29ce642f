import { mkdtemp, rm, truncate } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openVectorFile } from "../../../src/features/evaluation/vector-file.ts";

const SOURCES = ["a", "b", "c"].map((text) => new TextEncoder().encode(text));

let directory: string;
let path: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "anchorage-vectors-"));
  path = join(directory, "sub", "vectors.f32");
});

afterEach(() => rm(directory, { recursive: true }));

const write = async (...vectors: number[]): Promise<void> => {
  const file = await openVectorFile(path, 2, SOURCES);
  await file.append(Float32Array.from(vectors));
  await file.close();
};

describe("a file of vectors", () => {
  it("goes on after what an earlier run wrote", async () => {
    await write(1, 2);
    await write(3, 4, 5, 6);
    const file = await openVectorFile(path, 2, SOURCES);
    expect(file.rows()).toBe(3);
    expect(await file.read()).toEqual(Float32Array.of(1, 2, 3, 4, 5, 6));
    await file.close();
  });

  it("writes a row that was cut off anew", async () => {
    await write(1, 2, 3, 4);
    await truncate(path, 13);
    const file = await openVectorFile(path, 2, SOURCES);
    expect(file.rows()).toBe(1);
    await file.append(Float32Array.of(7, 8));
    expect(await file.read()).toEqual(Float32Array.of(1, 2, 7, 8));
    await file.close();
  });

  it("begins anew where it was made of something else", async () => {
    await write(1, 2);
    const file = await openVectorFile(path, 2, [...SOURCES].reverse());
    expect(file.rows()).toBe(0);
    await file.close();
  });
});
