import { execFile } from "node:child_process";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";

const summary = z.object({
  summary: z.object({
    violations: z.array(z.object({ from: z.string(), to: z.string(), rule: z.object({ name: z.string() }) })),
  }),
});

/** A small tree with one import of each kind; the files that only others import are empty. */
const FILES: Readonly<Record<string, string>> = {
  "src/types.ts": "export type Id = string;",
  "src/errors.ts": "export {};",
  "src/api/values.ts": 'import "../errors.ts"; export const one = 1; export type One = 1;',
  "src/store/index.ts": 'import "../api/values.ts"; import "../types.ts"; export {};',
  "src/store/rows.ts": 'import "../http/app.ts"; export {};',
  "src/asif/index.ts": 'import "../store/index.ts"; export {};',
  "src/asif/deep.ts": 'import "../store/rows.ts"; export {};',
  "src/http/app.ts": 'import type {} from "../features/tuning/index.ts"; export {};',
  "src/client/client.ts": 'import { one } from "../api/values.ts"; export { one };',
  "src/client/types.ts": 'import type { One } from "../api/values.ts"; export type { One };',
  "src/features/feature.ts": "export {};",
  "src/features/tuning/index.ts": 'import "../feature.ts"; import "../../store/rows.ts"; export {};',
  "src/features/reencoding/index.ts": 'import "../tuning/index.ts"; export {};',
  "src/features/coverage/index.ts": 'import "../tuning/index.ts"; export {};',
  "src/math/one.ts": 'import type { Two } from "./two.ts"; export type One = Two;',
  "src/math/two.ts": 'import type { One } from "./one.ts"; export type Two = One | 2;',
  "src/cli/command.ts": 'import "../../research/study.ts"; export {};',
  "research/study.ts": 'import "../src/store/rows.ts"; export {};',
};

describe("the rules of imports", () => {
  let violations: string[] = [];
  let folder = "";

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "anchorage-structure-"));
    for (const [path, text] of Object.entries(FILES)) {
      await mkdir(dirname(join(folder, path)), { recursive: true });
      await writeFile(join(folder, path), text);
    }
    await writeFile(join(folder, "tsconfig.json"), "{}");
    const { stdout } = await promisify(execFile)(
      process.execPath,
      [
        resolve("node_modules/dependency-cruiser/bin/dependency-cruise.mjs"),
        ...["--config", resolve(".dependency-cruiser.mjs"), "--output-type", "json", "src", "research"],
      ],
      { cwd: folder },
    );
    violations = summary
      .parse(JSON.parse(stdout))
      .summary.violations.map(({ rule, from, to }) => `${rule.name}: ${from} -> ${to}`);
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it.each([
    ["a layer imports a higher one", "layer-store: src/store/rows.ts -> src/http/app.ts"],
    ["the core imports a type of a feature", "layer-http: src/http/app.ts -> src/features/tuning/index.ts"],
    [
      "a feature imports one that the map does not name",
      "feature-coverage: src/features/coverage/index.ts -> src/features/tuning/index.ts",
    ],
    ["a core module reaches past an index.ts", "entry-store: src/asif/deep.ts -> src/store/rows.ts"],
    [
      "the client imports a value of the schemas",
      "client-without-schemas: src/client/client.ts -> src/api/values.ts",
    ],
    ["source imports research", "research-stays-outside: src/cli/command.ts -> research/study.ts"],
    ["two files import each other's types", "no-circular: src/math/one.ts -> src/math/two.ts"],
  ])("fail where %s", (_, violation) => {
    expect(violations).toContain(violation);
  });

  it("hold for every other import", () => {
    const circular = violations.filter((violation) => violation.startsWith("no-circular"));
    expect(violations.length - circular.length).toBe(6);
  });
});
