import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { run } from "./run.ts";

/** Opens Anchorage, asks the graph and the exact index, has an image decoded, and prints what answered. */
const PROGRAM = `
  import { openAnchorage } from "anchorage";
  const anchorage = await openAnchorage({ dataDir: process.argv[2] });
  const encoder = { external: { dimension: 4 } };
  await anchorage.createCollection({ name: "numbers", imageEncoder: encoder, textEncoder: encoder });
  const numbers = anchorage.collection("numbers");
  const vectorOf = (i) => [1, Math.sin(i), Math.cos(i), i / 300];
  await numbers.putAnchors(
    Array.from({ length: 300 }, (_, i) => ({
      id: String(i), text: "number " + i, imageVector: vectorOf(i), textVector: vectorOf(i),
    })),
  );
  const question = { query: { vector: vectorOf(42), modality: "text" }, target: "image", limit: 1 };
  const answer = async (how) => (await numbers.search({ ...question, ...how }));
  let graph = await answer({ ef: 100 });
  for (let tries = 0; tries < 100 && graph.plan.index !== "hnsw"; tries++) {
    await new Promise((resolve) => setTimeout(resolve, 100));
    graph = await answer({ ef: 100 });
  }
  const exact = await answer({ exact: true });
  const base64 = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR42mP4z8AAAAMBAQD3A0FDAAAAAElFTkSuQmCC";
  const pair = { imageVector: vectorOf(0), textVector: vectorOf(0) };
  await numbers.putAnchors([{ id: "red", text: "red", image: { base64 }, ...pair }]);
  const { type } = await numbers.getImage("red");
  await anchorage.close();
  console.log([graph.plan.index, graph.hits[0].id, exact.plan.index, exact.hits[0].id, type].join(" "));
`;

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "anchorage-machines-"));
  await writeFile(join(folder, "package.json"), '{ "private": true, "type": "module" }');
  await writeFile(join(folder, "program.mjs"), PROGRAM);
  await run("npm", ["install", "--no-audit", "--no-fund", "--ignore-scripts", inject("tarballs").anchorage], {
    cwd: folder,
  });
  const indexes = join(folder, "node_modules", "anchorage", "indexes");
  const hnsw = await readFile(join(indexes, "hnsw.json"), "utf8");
  await writeFile(join(indexes, "default.json"), hnsw.replace('"name": "hnsw"', '"name": "default"'));
});
afterAll(() => rm(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 }));

describe("the package on a machine without a compiler and without install scripts", () => {
  it("searches by a graph of usearch where the index profile asks for a graph", async () => {
    const { stdout } = await run(process.execPath, ["program.mjs", "./data"], { cwd: folder });
    expect(stdout).toBe("hnsw 42 exact 42 image/webp\n");
  });

  it.each([22, 24])("runs on Node %i", async (version) => {
    const node = ["exec", "--yes", `--package=node@${version}`, "--", "node"];
    const shown = await run("npm", [...node, "--version"], { cwd: folder });
    expect(shown.stdout.trim()).toMatch(new RegExp(`^v${version}\\.`));
    const { stdout } = await run("npm", [...node, "program.mjs", `./data-${version}`], { cwd: folder });
    expect(stdout).toBe("hnsw 42 exact 42 image/webp\n");
  });
});
