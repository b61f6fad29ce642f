import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { buildPage } from "../../web/build.ts";

const MOST_BYTES = 40 * 1024;

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "anchorage-page-"));
  await buildPage({ folder });
});

afterAll(() => rm(folder, { recursive: true }));

const textOf = (path: string): Promise<string> => readFile(join(folder, path), "utf8");
const packed = (text: string): number => gzipSync(text).length;

describe("the built page", () => {
  it("loads at most 40 KiB, compressed, for its first screen", async () => {
    const html = await textOf("index.html");
    const named = [...html.matchAll(/(?:src|href)="\/(assets\/[^"]+)"/g)].map(([, path = ""]) => path);
    expect(named.map((path) => path.replace(/.*\./, "")).sort()).toEqual(["css", "js", "svg"]);
    const sizes = await Promise.all(named.map(async (path) => packed(await textOf(path))));
    expect(sizes.reduce((sum, size) => sum + size, packed(html))).toBeLessThan(MOST_BYTES);
  });

  it("loads every further screen in at most 40 KiB", async () => {
    for (const name of await readdir(join(folder, "assets")))
      expect(packed(await textOf(`assets/${name}`)), name).toBeLessThan(MOST_BYTES);
  });

  it("holds no inline script or style, no schema library, and nothing of another origin", async () => {
    const html = await textOf("index.html");
    expect(html).not.toMatch(/<style|<script(?![^>]*\ssrc=)|style=|https?:\/\//);
    for (const name of await readdir(join(folder, "assets"))) {
      const text = await textOf(`assets/${name}`);
      expect(text, name).not.toMatch(/ZodError|node:fs|new Function\(|\beval\(/);
    }
  });

  it("is not built again where nothing changed", async () => {
    expect(await buildPage({ folder })).toBeNull();
  });
});
