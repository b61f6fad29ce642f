import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { listen, openTestApp, type TestApp } from "../../http/support.ts";
import { runScript, type Ended } from "../../scripts/run-script.ts";
import { temporaryDirectory } from "../../support/postgres.ts";

const OWL = '{"id":"owl","text":"an owl","imageVector":[1,0],"textVector":[1,0],"metadata":{"owner":"ann"}}';
const HEN = '{"id":"hen","text":"a hen","imageVector":[0,1],"textVector":[0,1]}';

let service: TestApp;
let root: string;

beforeAll(async () => {
  service = await openTestApp();
  root = await temporaryDirectory();
  const encoder = { external: { dimension: 2 } };
  await service.call("POST", "/v1/collections", {
    name: "birds",
    imageEncoder: encoder,
    textEncoder: encoder,
  });
  await writeFile(join(root, "birds.ndjson"), `${OWL}\n\n${HEN}\n`);
}, 120_000);

afterAll(() => service.close());

const anchorage = async (...args: string[]): Promise<Ended> =>
  runScript("anchorage", args, root, { ANCHORAGE_URL: (await listen(service)).url });
const add = (): Promise<Ended> => anchorage("add", join(root, "birds.ndjson"), "--collection", "birds");

describe("anchorage add", () => {
  it("stores the anchors of a file of JSON lines and skips empty lines", async () => {
    const { status, stdout, stderr } = await add();
    expect({ status, stdout, stderr }).toMatchObject({ status: 0, stderr: "" });
    expect(stdout).toMatch(/^2 anchors stored in birds at sequence \d+\n$/);
  });

  it("stores the lines before one that is not JSON, and names its file and number", async () => {
    const file = join(root, "broken.ndjson");
    await writeFile(file, `${OWL}\nwords\n`);
    const { status, stdout, stderr } = await anchorage("add", file, "--collection", "birds");
    expect([status, stdout]).toEqual([1, ""]);
    expect(stderr).toBe(`1 anchor before it stored\nadd: ${file}:2: is not JSON\n`);
  });

  it.each([
    [["/nowhere.ndjson"], 1, "ENOENT"],
    [["--text", "a robin"], 2, "--image is required with --text"],
    [["--id", "x"], 2, "--id is for --image and --text"],
    [[], 1, "there are no anchors: one JSON object per line is expected"],
  ])("refuses %j", async (args, code, message) => {
    const { status, stderr } = await anchorage("add", "--collection", "birds", ...args);
    expect([status, stderr]).toEqual([code, expect.stringContaining(message)]);
  });
});

describe("anchorage search", () => {
  it("prints score, id and caption, and the whole answer as JSON", async () => {
    await add();
    const given = ["search", "--id", "hen", "--collection", "birds"];
    expect((await anchorage(...given)).stdout).toMatch(/^1\.0000 +hen +a hen\n0\.0000 +owl +an owl\n$/);
    const { stdout } = await anchorage(...given, "--json", "--filter", '{"owner": "ann"}');
    expect(JSON.parse(stdout)).toMatchObject({ hits: [{ id: "owl" }], plan: { index: "exact" } });
  });

  it.each([
    [[], 2, "one of TEXT, --image, --id and --keywords is required"],
    [["a", "--id", "b"], 2, "one of TEXT, --image, --id and --keywords is required"],
    [["--id", "hen", "--filter", "{"], 2, "--filter must be a JSON object"],
    [["--image", "/nowhere.png"], 1, "/nowhere.png does not exist"],
    [["--id", "hen", "--collection", "none"], 6, 'There is no collection "none"'],
  ])("refuses %j", async (args, code, message) => {
    const { status, stdout, stderr } = await anchorage("search", "--collection", "birds", ...args);
    expect([status, stdout, stderr]).toEqual([code, "", expect.stringContaining(message)]);
  });
});

describe("anchorage remove", () => {
  it("removes what a filter matches with --yes alone", async () => {
    await add();
    const given = ["remove", "--collection", "birds", "--filter", '{"owner": "ann"}'];
    const asked = await anchorage(...given);
    expect([asked.status, asked.stderr]).toEqual([2, "1 anchors of birds match; add --yes to remove them\n"]);
    const done = await anchorage(...given, "--yes", "--json");
    expect(JSON.parse(done.stdout)).toMatchObject({ deleted: 1, receipt: { state: "hidden" } });
  });

  it("ends with 3 where an id is not stored", async () => {
    await add();
    const { status, stdout, stderr } = await anchorage(
      "remove",
      "--collection",
      "birds",
      "--id",
      "hen",
      "--id",
      "x",
    );
    expect([status, stdout]).toEqual([3, expect.stringMatching(/^1 anchor removed; receipt [\w-]+\n$/)]);
    expect(stderr).toContain("1 of the ids are not stored in birds");
  });
});

describe("anchorage collections", () => {
  it("lists, shows and deletes collections", async () => {
    await anchorage("collections", "create", "gone", "--image-dimension", "2", "--text-dimension", "2");
    const { stdout } = await anchorage("collections", "list");
    expect(stdout).toMatch(/^name +anchors +image encoder +text encoder\n/);
    expect(stdout).toMatch(/^gone +0 +external, 2 dimensions +external, 2 dimensions$/m);
    expect((await anchorage("collections", "show", "gone")).stdout).toMatch(/^name +gone\nanchors +0\n/);
    const asked = await anchorage("collections", "delete", "gone");
    expect([asked.status, asked.stderr]).toEqual([
      2,
      "gone and its 0 anchors would be deleted; add --yes to do it\n",
    ]);
    const done = await anchorage("collections", "delete", "gone", "--yes");
    expect([done.status, done.stdout]).toEqual([0, "deleted gone with 0 anchors\n"]);
    expect((await anchorage("collections", "show", "gone")).status).toBe(6);
  });
});

describe("anchorage jobs", () => {
  it("lists none, and knows no job that is not there", async () => {
    const { status, stdout, stderr } = await anchorage("jobs", "list", "--json");
    expect([status, stdout, stderr]).toEqual([0, "[]\n", "there are no jobs\n"]);
    const unknown = await anchorage("jobs", "wait", "nothing");
    expect([unknown.status, unknown.stderr]).toEqual([6, 'jobs wait: There is no job "nothing".\n']);
  });
});
