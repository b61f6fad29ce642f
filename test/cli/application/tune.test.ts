import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openApplication, type Application } from "../../../src/cli/application/index.ts";
import { readConfig } from "../../../src/config.ts";
import type { AnchorId, CollectionName } from "../../../src/types.ts";
import { listen, openTestApp, type TestApp } from "../../http/support.ts";
import { freshDatabase, type TestDatabase } from "../../support/postgres.ts";
import { conceptAnchors } from "../../support/concept-anchors.ts";
import { runScript } from "../../scripts/run-script.ts";

const C = "c" as CollectionName;
const silent = (): void => undefined;

let root: string;
let service: TestApp;
let database: TestDatabase;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "anchorage-"));
  service = await openTestApp();
  database = await freshDatabase();
});

afterAll(async () => {
  await service.close();
  await database.drop();
  await rm(root, { recursive: true });
});

const over = async (): Promise<Application> => {
  const { url } = await listen(service);
  return openApplication({ url, config: readConfig({ DATA_DIR: root }), log: silent });
};
const here = (): Promise<Application> =>
  openApplication({
    url: undefined,
    config: readConfig({ DATA_DIR: root, DATABASE_URL: database.url }),
    log: silent,
  });

const fill = async (application: Application, name: CollectionName, concepts: number): Promise<void> => {
  await application.create({
    name,
    imageEncoder: { external: { dimension: 12 } },
    textEncoder: { external: { dimension: 9 } },
  });
  await application.putAnchors(
    name,
    conceptAnchors(concepts, 2).map(({ id, caption, metadata, imageVector, textVector }) => ({
      id: id as AnchorId,
      ...(caption === null ? {} : { text: caption }),
      metadata,
      imageVector: [...imageVector],
      textVector: [...textVector],
    })),
  );
};

describe.each([
  ["a running service", over],
  ["a DATA_DIR of its own", here],
] as const)("an application on %s", (_, open) => {
  it("tunes a collection, shows how far it is, and stops where it is told to", async () => {
    const application = await open();
    try {
      await fill(application, C, 24);
      const request = { folds: 2, methods: ["asif"], transforms: ["none"], apply: true } as const;
      const found = await application.tune(C, request, {
        signal: new AbortController().signal,
        onProgress: silent,
      });
      expect(found).toMatchObject({ folds: 2, appliedAt: 2, tunedAt: expect.any(Date) as Date });
      const { k, p } = found.chosen;
      expect(await application.get(C)).toMatchObject({ asif: { k, p } });
      const controller = new AbortController();
      const stopped = application.tune(
        C,
        { folds: 10, repeats: 10, apply: true },
        { signal: controller.signal, onProgress: () => controller.abort() },
      );
      await expect(stopped).rejects.toMatchObject({ code: "cancelled" });
      expect(await application.get(C)).toMatchObject({ asif: { k, p }, sequence: 2 });
    } finally {
      await application.close();
    }
  });
});

describe("npm run tune", () => {
  it("prints what it had, what it chose and what came close, and applies it where it is asked to", async () => {
    const name = "tuned" as CollectionName;
    const application = await over();
    await fill(application, name, 22);
    const { url } = await listen(service);
    const given = ["--collection", name, "--url", url, "--folds", "2", "--method", "asif"];
    const { status, stdout, stderr } = await runScript("tune", [...given, "--apply"], root);
    expect(stdout.split("\n")[0]).toMatch(/^44 images of 2 folds, 11 classes each, asked of 44 anchors/);
    expect(stdout).toMatch(/^before {2}asif, none, k 800, p 8 /m);
    expect(stdout).toMatch(/^chosen {2}asif, /m);
    expect(stderr).toContain("from sequence 2 on");
    expect(status).toBe(0);
    const json = await runScript("tune", [...given, "--json"], root);
    expect(JSON.parse(json.stdout)).toMatchObject({ anchors: 44, sequence: 2, appliedAt: null });
  });

  it.each([
    [["--collection", "none"], 1, 'There is no collection "none".'],
    [["--collection", "c", "--by", "colour"], 1, "0 distinct values"],
    [["--collection", "c", "--folds", "1"], 2, "--folds must be at least 2"],
    [["--collection", "c", "--method", "psychic"], 2, "--method must be one of asif, csa"],
  ])("refuses %j", async (given, expected, message) => {
    const { url } = await listen(service);
    const { status, stderr } = await runScript("tune", [...given, "--url", url], root);
    expect(stderr).toContain(message);
    expect(status).toBe(expected);
  });
});
