import { mkdir, mkdtemp, readdir, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openConnection, type Connection } from "../../../src/cli/open.ts";
import { readConfig } from "../../../src/config.ts";
import { listen, openTestApp, type TestApp } from "../../http/support.ts";
import { pictureAnchors, writeSmallEncoders } from "./selection-data.ts";
import { runScript, startScript } from "../../scripts/run-script.ts";
import { defaultEncoders } from "../../support/encoders.ts";
import { freshDatabase, type TestDatabase } from "../../support/postgres.ts";
import { silentLog } from "../../support/log.ts";

const C = "c";
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

const fill = async (client: Connection): Promise<void> => {
  await client.createCollection({ name: C, imageEncoder: "colours", textEncoder: "words" });
  await client.collection(C).putAnchors(await pictureAnchors(24));
};

describe.each([
  ["a running service", over],
  ["a DATA_DIR of its own", here],
] as const)("the client of a command on %s", (_, open) => {
  it("ranks encoders for a collection, shows how far it is, and stops where it is told to", async () => {
    const client = await open();
    try {
      await fill(client);
      const base = { collection: C, ...SMALL };
      let last: readonly number[] = [];
      const job = await client.select({
        ...base,
        labels: { field: "kind" },
        methods: ["emms", "knn"],
        bootstrap: 0,
      });
      await client.waitForJob(job, { onProgress: ({ done, total }) => (last = [done, total]) });
      const found = await client.getSelection(job.id);
      expect(found).toMatchObject({ classes: 4, createdAt: expect.any(String) as string });
      expect("candidates" in found && found.candidates.length).toBe(4);
      expect(last[0]).toBe(last[1]);
      const controller = new AbortController();
      const long = await client.select({
        ...base,
        labels: { captions: true },
        methods: ["parc", "linear-probe"],
        bootstrap: 1000,
      });
      const stopped = client.waitForJob(long, {
        signal: controller.signal,
        onProgress: () => controller.abort(),
      });
      await expect(stopped).rejects.toMatchObject({ code: "cancelled" });
      const refused = client.select({ ...base, labels: { field: "colour" } });
      await expect(refused).rejects.toMatchObject({
        code: "unprocessable",
        faults: [{ path: ["labels", "field"], message: expect.any(String) as string }],
      });
    } finally {
      await client.close();
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
      await given("--captions", "--method", "emms", "--rounds", "optimal", "--bootstrap", "0", "--json"),
      root,
    );
    expect(JSON.parse(json.stdout)).toMatchObject({
      subject: { labels: "captions" },
      settings: { rounds: "optimal" },
    });
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
    expect(stderr).toContain("the vectors made so far are kept, and the same command continues from there");
    expect(status).toBe(130);
    const jobs = await service.service.jobs.list();
    expect(jobs[0]).toMatchObject({ kind: "selection", state: "cancelled" });
  });

  it.each([
    [[], 2, "--field or --captions must be given"],
    [["--field", "kind", "--captions"], 2, "--field or --captions must be given"],
    [["--field", "kind", "--method", "luck"], 2, "--method must be one of emms"],
    [["--field", "kind", "--template", "a"], 2, "must hold {}"],
    [["--field", "kind", "--rounds", "best"], 2, "--rounds must be a whole number from 1 to 1000 or optimal"],
    [["--field", "colour"], 1, "none of the 24 anchors"],
    [["--captions", "--image-encoder", "eyes"], 1, 'there is no image encoder "eyes"'],
  ])("refuses %j", async (more, expected, message) => {
    const { status, stderr } = await runScript("select-encoder", await given(...more), root);
    expect(stderr).toContain(message);
    expect(status).toBe(expected);
  });
});
