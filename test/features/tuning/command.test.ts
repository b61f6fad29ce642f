import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openConnection, type Connection } from "../../../src/cli/open.ts";
import { readConfig } from "../../../src/config.ts";
import { listen, openTestApp, type TestApp } from "../../http/support.ts";
import { freshDatabase, type TestDatabase } from "../../support/postgres.ts";
import { conceptAnchors } from "../../support/concept-anchors.ts";
import { runScript } from "../../scripts/run-script.ts";
import { silentLog } from "../../support/log.ts";

const C = "c";

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

const over = async (): Promise<Connection> => {
  const { url } = await listen(service);
  return openConnection({ url, config: readConfig({ DATA_DIR: root }), log: silentLog });
};
const here = (): Promise<Connection> =>
  openConnection({
    url: undefined,
    config: readConfig({ DATA_DIR: root, DATABASE_URL: database.url }),
    log: silentLog,
  });

const fill = async (client: Connection, name: string, concepts: number): Promise<void> => {
  await client.createCollection({
    name,
    imageEncoder: { external: { dimension: 12 } },
    textEncoder: { external: { dimension: 9 } },
    asif: { k: 800, p: 8 },
  });
  await client.collection(name).putAnchors(
    conceptAnchors(concepts, 2).map(({ id, caption, metadata, imageVector, textVector }) => ({
      id,
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
] as const)("the client of a command on %s", (_, open) => {
  it("tunes a collection, shows how far it is, and stops where it is told to", async () => {
    const client = await open();
    try {
      await fill(client, C, 24);
      const collection = client.collection(C);
      const request = { folds: 2, methods: ["asif" as const], transforms: ["none" as const], apply: true };
      let last: readonly number[] = [];
      await client.waitForJob(await collection.tune(request), {
        onProgress: ({ done, total }) => (last = [done, total]),
      });
      expect(last[0]).toBe(last[1]);
      const found = await collection.getTuning();
      expect(found).toMatchObject({ folds: 2, appliedAt: 2, tunedAt: expect.any(String) as string });
      const { k, p } = found.chosen;
      expect(await collection.get()).toMatchObject({ asif: { k, p } });
      const controller = new AbortController();
      const stopped = client.waitForJob(await collection.tune({ folds: 10, repeats: 10, apply: true }), {
        signal: controller.signal,
        onProgress: () => controller.abort(),
      });
      await expect(stopped).rejects.toMatchObject({ code: "cancelled" });
      expect(await collection.get()).toMatchObject({ asif: { k, p }, sequence: 2 });
    } finally {
      await client.close();
    }
  });
});

describe("npm run tune", () => {
  it("prints what it had, what it chose and what came close, and applies it where it is asked to", async () => {
    const name = "tuned";
    const client = await over();
    await fill(client, name, 22);
    const { url } = await listen(service);
    const given = ["--collection", name, "--url", url, "--folds", "2", "--method", "asif"];
    const { status, stdout, stderr } = await runScript("tune", [...given, "--apply"], root);
    expect(stdout.split("\n")[0]).toMatch(/^44 images of 2 folds, 11 classes each, asked of 44 anchors/);
    expect(stdout).toMatch(/^before {2}asif, none, k 800, p 8 /m);
    expect(stdout).toMatch(/^chosen {2}asif, /m);
    expect(stderr).toContain("use these settings from sequence 2 on");
    expect(status).toBe(0);
    const json = await runScript("tune", [...given, "--json"], root);
    expect(JSON.parse(json.stdout)).toMatchObject({ anchors: 44, sequence: 2, appliedAt: null });
  });

  it.each([
    [["--collection", "none"], 6, 'There is no collection "none".'],
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
