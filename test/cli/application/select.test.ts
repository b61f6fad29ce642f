import { mkdir, mkdtemp, readdir, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openApplication, type Application } from "../../../src/cli/application/index.ts";
import { readConfig } from "../../../src/config.ts";
import type { AnchorId, CollectionName } from "../../../src/types.ts";
import { listen, openTestApp, type TestApp } from "../../http/support.ts";
import { pictureAnchors, writeSmallEncoders } from "../../features/selection/selection-data.ts";
import { runScript, startScript } from "../../scripts/run-script.ts";
import { defaultEncoders } from "../../support/encoders.ts";
import { freshDatabase, type TestDatabase } from "../../support/postgres.ts";

const C = "c" as CollectionName;
const silent = (): void => undefined;
const SMALL = { imageEncoders: ["colours", "pixels"], textEncoders: ["words", "squares"] };

let root: string;
let service: TestApp;
let database: TestDatabase;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "anchorage-"));
  const encoders = join(root, "encoders");
  await mkdir(encoders);
  await writeSmallEncoders(encoders);
  const defaults = await defaultEncoders();
  for (const name of await readdir(defaults)) await symlink(join(defaults, name), join(encoders, name));
  service = await openTestApp({ folders: [encoders] });
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

const fill = async (application: Application): Promise<void> => {
  await application.create({ name: C, imageEncoder: "colours", textEncoder: "words" });
  const anchors = await pictureAnchors(24);
  await application.putAnchors(
    C,
    anchors.map(({ image, id, ...anchor }) => ({
      ...anchor,
      id: id as AnchorId,
      image: Buffer.from(image.base64, "base64"),
    })),
  );
};

describe.each([
  ["a running service", over],
  ["a DATA_DIR of its own", here],
] as const)("an application on %s", (_, open) => {
  it("ranks encoders for a collection, shows how far it is, and stops where it is told to", async () => {
    const application = await open();
    try {
      await fill(application);
      let last: readonly number[] = [];
      const found = await application.select(
        C,
        { labels: { field: "kind" }, ...SMALL, settings: { methods: ["emms", "knn"], bootstrap: 0 } },
        { signal: new AbortController().signal, onProgress: (...progress) => (last = progress) },
      );
      expect(found).toMatchObject({ classes: 4, createdAt: expect.any(Date) as Date });
      expect(found.candidates).toHaveLength(4);
      expect(last[0]).toBe(last[1]);
      const controller = new AbortController();
      const stopped = application.select(
        C,
        {
          labels: { captions: true },
          ...SMALL,
          settings: { methods: ["parc", "linear-probe"], bootstrap: 1000 },
        },
        { signal: controller.signal, onProgress: () => controller.abort() },
      );
      await expect(stopped).rejects.toMatchObject({ code: "cancelled" });
      const refused = application.select(
        C,
        { labels: { field: "colour" }, ...SMALL },
        { signal: new AbortController().signal, onProgress: silent },
      );
      await expect(refused).rejects.toMatchObject({
        code: "unprocessable",
        faults: [{ path: "labels.field", message: expect.any(String) as string }],
      });
    } finally {
      await application.close();
    }
  });
});

describe("npm run select-encoder", () => {
  const given = async (...more: string[]): Promise<string[]> => {
    const { url } = await listen(service);
    const small = [
      ...SMALL.imageEncoders.flatMap((id) => ["--image-encoder", id]),
      ...SMALL.textEncoders.flatMap((id) => ["--text-encoder", id]),
    ];
    return ["--collection", C, "--url", url, ...small, ...more];
  };

  it("prints a table of all candidates, each method's winner, and the weights of the text encoders", async () => {
    const { status, stdout, stderr } = await runScript(
      "select-encoder",
      await given("--field", "kind", "--method", "emms", "--method", "knn", "--truth", "--bootstrap", "10"),
      root,
    );
    expect(stderr).toMatch(/kept as selection [0-9a-f-]{36}/);
    const lines = stdout.trimEnd().split("\n");
    expect(lines[0]).toBe("24 samples of 4 classes (24 there; 0 without label, 0 without image left out)");
    expect(lines[1]).toMatch(/^candidate +dim +emms +knn +linear-probe$/);
    expect(lines[2]).toMatch(/^pixels.* +\d+ +-?[\d.e-]+ +#1 +[\d.]+ +#\d +\d+% /);
    expect(stdout).toMatch(
      /^pixels.*pixels.*: its features span all that 24 samples can differ in, so emms would/m,
    );
    expect(stdout).toMatch(/^knn: .+ above .+, ahead of it in \d+% of halves; [\d.]+ s for all candidates$/m);
    expect(stdout).toMatch(
      /^F-labels of \d+ dimensions \(projection: random\) by words \d\.\d\d, squares \d\.\d\d/m,
    );
    expect(status).toBe(0);
    const json = await runScript(
      "select-encoder",
      await given("--captions", "--method", "knn", "--json"),
      root,
    );
    expect(JSON.parse(json.stdout)).toMatchObject({ subject: { labels: "captions" } });
  });

  it("stops at Ctrl-C, and cancels the job", async () => {
    const script = startScript(
      "select-encoder",
      await given("--field", "kind", "--method", "parc", "--method", "linear-probe", "--bootstrap", "1000"),
      root,
    );
    await script.says("steps (");
    script.child.kill("SIGINT");
    const { status, stderr } = await script.ended;
    expect(stderr).toContain("the features that were made are kept; the next one goes on from there");
    expect(status).toBe(130);
    const jobs = await service.service.jobs.list();
    expect(jobs[0]).toMatchObject({ kind: "selection", state: "cancelled" });
  });

  it.each([
    [[], 2, "--field or --captions must be given"],
    [["--field", "kind", "--captions"], 2, "--field or --captions must be given"],
    [["--field", "kind", "--method", "luck"], 2, "--method must be one of emms"],
    [["--field", "kind", "--template", "a"], 2, "must hold {}"],
    [["--field", "colour"], 1, "none of the 24 anchors"],
    [["--captions", "--image-encoder", "eyes"], 1, 'there is no image encoder "eyes"'],
  ])("refuses %j", async (more, expected, message) => {
    const { status, stderr } = await runScript("select-encoder", await given(...more), root);
    expect(stderr).toContain(message);
    expect(status).toBe(expected);
  });
});
