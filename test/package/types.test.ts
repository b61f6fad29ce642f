import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { parsePage, ROOT } from "../docs/pages.ts";
import { run } from "./run.ts";

const TSC = join(import.meta.dirname, "../../node_modules/typescript/bin/tsc");

/** Strict, and with the declarations of the package checked. */
const SETTINGS = {
  compilerOptions: {
    strict: true,
    exactOptionalPropertyTypes: true,
    skipLibCheck: false,
    noEmit: true,
    target: "ES2022",
    lib: ["ES2022", "DOM", "DOM.Iterable", "DOM.AsyncIterable"],
    module: "NodeNext",
    types: [],
  },
  files: ["program.ts"],
};

const CLIENT = `
import { createClient, NotFoundError, type AnchorageClient, type SearchAnswerBody } from "anchorage/client";

export const search = async (text: string): Promise<SearchAnswerBody["hits"]> => {
  const client: AnchorageClient = createClient({ url: "http://localhost:8080", apiKey: "a key" });
  try {
    const answer = await client.collection("birds").search({ query: { text }, target: "image", limit: 3 });
    const scores: number[] = answer.hits.map(({ score }) => score);
    return scores.length === 0 ? [] : answer.hits;
  } catch (error) {
    if (error instanceof NotFoundError) return [];
    throw error;
  }
};

// @ts-expect-error: there is no such target
void createClient({ url: "" }).collection("birds").search({ query: { text: "" }, target: "sound" });
`;

const EMBEDDED = `
import { openAnchorage, type Anchorage } from "anchorage";

export const open = async (): Promise<Anchorage> => {
  const anchorage = await openAnchorage({ dataDir: "./data", postgres: { bin: "/usr/lib/postgresql/17/bin" } });
  const names: string[] = (await anchorage.listCollections()).map(({ name }) => name);
  await anchorage.collection(names[0] ?? "birds").putAnchors([{ id: "owl", text: "an owl" }]);
  return anchorage;
};
`;

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "anchorage-types-"));
  // The package alone: nothing that it depends on is there, zod least of all.
  await mkdir(join(folder, "node_modules/anchorage"), { recursive: true });
  const target = join(folder, "node_modules/anchorage");
  await run("tar", ["-xzf", inject("tarballs").anchorage, "--strip-components=1", "-C", target], {
    cwd: folder,
  });
  await writeFile(join(folder, "package.json"), '{ "type": "module" }');
});
afterAll(() => rm(folder, { recursive: true }));

const compile = async (program: string, options: Readonly<Record<string, unknown>> = {}): Promise<string> => {
  await writeFile(join(folder, "program.ts"), program);
  const compilerOptions = { ...SETTINGS.compilerOptions, ...options };
  await writeFile(join(folder, "tsconfig.json"), JSON.stringify({ ...SETTINGS, compilerOptions }));
  const { stdout } = await run(process.execPath, [TSC, "-p", folder], { cwd: folder });
  return stdout;
};

describe("the declarations of the package, without zod and with skipLibCheck off", () => {
  it("compile a program that uses the client", async () => {
    expect(await compile(CLIENT)).toBe("");
  });

  it("compile a program that uses the client and is bundled", async () => {
    expect(await compile(CLIENT, { module: "ESNext", moduleResolution: "Bundler" })).toBe("");
  });

  it("compile what docs/typescript.md shows", async () => {
    const path = "docs/typescript.md";
    const { blocks } = parsePage(path, await readFile(join(ROOT, path), "utf8"));
    const programs = blocks.filter(({ language }) => language === "ts");
    expect(programs.length).toBeGreaterThan(3);
    for (const { line, text } of programs) expect(await compile(text), `line ${line}`).toBe("");
  });

  it("compile a program that opens Anchorage in its process", async () => {
    expect(await compile(EMBEDDED)).toBe("");
  });
});
