import { build } from "esbuild";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { faultIn } from "../../../src/features/importing/check.ts";
import {
  describePlan,
  openQuestion,
  planImport,
  type Entry,
  type Pair,
  type Plan,
} from "../../../src/features/importing/index.ts";

const PLAN = fileURLToPath(new URL("../../../src/features/importing/plan.ts", import.meta.url));

const pairOf = (name: string, change: Partial<Pair> = {}): Pair => ({
  kind: "pair",
  id: name,
  name: `${name}.jpg`,
  container: "/photos",
  text: `a ${name}`,
  captionFrom: { kind: "sidecar", label: ".txt" },
  metadata: {},
  source: `photos/${name}.jpg`,
  image: () => Promise.resolve(new Uint8Array(1)),
  ...change,
});

const named = (name: string): Pair => pairOf(name, { captionFrom: { kind: "name", label: "file names" } });

const planOf = (entries: readonly Entry[]): Promise<Plan> =>
  planImport(
    {
      unit: "file",
      fraction: () => 1,
      entries: async function* () {
        yield* await Promise.resolve(entries);
      },
    },
    { prefix: false, faultOf: faultIn, signal: new AbortController().signal, onProgress: () => undefined },
  );

const heic = (name: string): Entry => ({
  kind: "reject",
  source: `photos/${name}.heic`,
  reason: "HEIC is not read here",
});

describe("the plan of an import", () => {
  it("counts images, captions by their origin, and what is not used", async () => {
    const plan = await planOf([
      pairOf("fox"),
      pairOf("owl"),
      named("jay"),
      { kind: "ignored", source: "photos/metadata.jsonl", reason: "is not read" },
      heic("a"),
      heic("b"),
    ]);
    expect(describePlan(plan)).toBe(
      "6 files: 3 images; captions: 2 from .txt, 1 from file names; not used: metadata.jsonl, 2 .heic",
    );
    expect(plan.pairs + plan.rejected + plan.ignored).toBe(plan.found);
  });

  it("counts an image with several captions once, and a pair without a caption as rejected", async () => {
    const plan = await planOf([
      pairOf("fox"),
      pairOf("fox", { text: "a red fox" }),
      pairOf("owl", { text: "" }),
    ]);
    expect(plan).toMatchObject({ found: 3, pairs: 2, images: 1, rejected: 1 });
  });

  it("asks before file names become captions", async () => {
    const plan = await planOf([pairOf("fox"), named("jay")]);
    expect(openQuestion(plan, false)).toEqual({
      kind: "names",
      text: "1 image would get the file's name as the caption: --caption-from auto,name says so",
    });
    expect(openQuestion(plan, true)).toBeNull();
  });

  it("asks before captions that were found are left", async () => {
    const unused: Entry = {
      kind: "ignored",
      source: "photos/metadata.jsonl",
      reason: "each image has a .txt",
      captionKind: "table",
    };
    expect(openQuestion(await planOf([pairOf("fox"), unused]), false)).toEqual({
      kind: "unused",
      text: "photos/metadata.jsonl would not be used for captions: say which are meant by --caption-from table or --caption-from sidecar",
    });
  });

  it("asks nothing where every caption is the only one", async () => {
    expect(openQuestion(await planOf([pairOf("fox")]), false)).toBeNull();
  });

  it("needs nothing of Node, so that a browser can make it", async () => {
    const { outputFiles } = await build({
      entryPoints: [PLAN],
      ...{ bundle: true, write: false, format: "esm", platform: "browser" },
    });
    expect(outputFiles[0]?.text).not.toMatch(/node:|require\(/);
  });
});
