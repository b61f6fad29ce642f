import { readdirSync } from "node:fs";
import { cp, readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { runScript } from "../scripts/run-script.ts";
import { apiAt, type Api } from "../support/data-dir/api.ts";
import { restoreDataDir } from "../support/data-dir/dump.ts";
import { COLLECTIONS, readRecorded, SUBJECTS, type Recorded } from "../support/data-dir/questions.ts";
import { makeDataDir, startService, type DataDir, type Running } from "./running.ts";

const FIXTURES = fileURLToPath(new URL("../fixtures/", import.meta.url));
const DUMPS = readdirSync(FIXTURES).filter((name) => name.startsWith("data-dir-"));
/** What a float32 score may differ by between processors. */
const DIGITS = 4;
const WITHIN = { timeout: 30_000, interval: 50 };
const pairs = "/v1/collections/pairs";

/** Fields that an answer has got since are allowed; numbers that are computed may differ in their last digits. */
const nearly = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(nearly);
  if (typeof value === "number" && !Number.isInteger(value)) return expect.closeTo(value, DIGITS) as unknown;
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, nearly(part)]));
};

/** Asks everything again. */
const compareAnswers = async (asked: readonly Recorded[], api: Api): Promise<void> => {
  for (const { subject, request, status, body } of asked) {
    const answer = await api.send(request);
    const refusal = answer.status === status ? null : answer.body;
    expect({ request, status: answer.status, refusal }).toEqual({ request, status, refusal: null });
    if (body !== null)
      expect(answer.body, `${request.method} ${request.path}`).toMatchObject(
        (COMPUTED.includes(subject) ? nearly(body) : body) as object,
      );
  }
};

const COMPUTED: readonly string[] = ["searches", "classifications", "generation", "consensus"];

describe.each(DUMPS)("a service on the DATA_DIR of %s", (name) => {
  const dump = join(FIXTURES, name);
  let dataDir: DataDir;
  let service: Running;
  let api: Api;
  let recorded: readonly Recorded[];

  beforeAll(async () => {
    dataDir = await makeDataDir();
    await restoreDataDir(dump, dataDir.path);
    recorded = await readRecorded(dump);
    service = await startService(dataDir.path);
    api = apiAt(service.url);
  });

  afterAll(async () => {
    await service.end("SIGTERM");
    await dataDir.remove();
  });

  it.each(SUBJECTS)("answers every recorded request about %s as before", async (subject) => {
    const asked = recorded.filter((one) => one.subject === subject);
    expect(asked.length).toBeGreaterThan(0);
    await compareAnswers(asked, api);
  });

  it("lists every collection that was not deleted", async () => {
    const { collections } = await api.call("GET", "/v1/collections");
    const names = (collections as { name: string }[]).map((collection) => collection.name);
    expect(names).toEqual([...COLLECTIONS, "moving"].sort());
  });

  it("marks a tuning that ran when the service was killed as interrupted", async () => {
    const { jobs } = await api.call("GET", "/v1/jobs");
    const tunings = (jobs as { kind: string; state: string }[]).filter(({ kind }) => kind === "tune");
    expect(tunings.map(({ state }) => state)).toEqual(["interrupted", "cancelled", "done"]);
  });

  it("goes on with a move to other encoders that the kill cut off", async () => {
    const path = "/v1/collections/moving";
    await expect.poll(() => api.call("GET", `${path}/reencode`), WITHIN).toMatchObject({ state: "done" });
    const moved = { imageEncoder: "colour-b", textEncoder: "words-b", anchorCount: 150, sequence: 2 };
    expect(await api.call("GET", path)).toMatchObject(moved);
    const { textVector } = await api.call("GET", `${path}/anchors/a0000?vectors=true`);
    expect(textVector).toHaveLength(4);
  });

  it("has a chain of receipts that verify-erasure finds whole", async () => {
    const { receipts } = await api.call("GET", `${pairs}/receipts`);
    const [first] = receipts as { id: string }[];
    const args = ["--collection", "pairs", "--receipt", first?.id ?? ""];
    const { status, stdout, stderr } = await runScript("verify-erasure", args, dataDir.path);
    expect([status, stderr]).toEqual([0, ""]);
    expect(stdout).toContain("pairs: 4 receipts, the chain is whole");
  });

  it("is backed up while it runs, and restored elsewhere with every recorded answer", async () => {
    const other = await makeDataDir();
    onTestFinished(() => other.remove());
    const file = join(other.path, "all.backup");
    const saved = await runScript("anchorage", ["backup", file], dataDir.path);
    expect([saved.status, saved.stderr]).toEqual([0, expect.stringContaining("backup: ")]);
    for (const folder of ["encoders", "decoders", "classifiers"])
      await cp(join(dataDir.path, folder), join(other.path, folder), { recursive: true });
    const restored = await runScript("anchorage", ["restore", file, "--without-receipts"], other.path);
    expect([restored.status, restored.stderr]).toEqual([0, expect.stringContaining("verified in")]);
    const second = await startService(other.path);
    onTestFinished(() => second.end("SIGTERM").then(() => undefined));
    await compareAnswers(recorded, apiAt(second.url));
  });

  it("gives new collections and anchors keys that no old one has", async () => {
    const encoders = { imageEncoder: { external: { dimension: 12 } }, textEncoder: "words" };
    await api.call("POST", "/v1/collections", { name: "new", ...encoders });
    const anchor = { id: "new", text: "a red fox", imageVector: Array.from({ length: 12 }, (_, i) => i) };
    await api.call("PUT", "/v1/collections/new/anchors", { anchors: [anchor] });
    expect(await api.call("GET", "/v1/collections/new/anchors/new?vectors=true")).toMatchObject(anchor);
    expect(await api.call("GET", pairs)).toMatchObject({ anchorCount: 58 });
  });

  it("erases an old anchor by a deletion and a compaction", async () => {
    const { sequence } = await api.call("GET", pairs);
    const { receipt } = await api.call("DELETE", `${pairs}/anchors/c0-0`);
    const compacted = await api.call("POST", `${pairs}/compact`);
    // Two were hidden when the dump was made.
    expect(compacted).toMatchObject({ generation: 2, erased: 3, sequence: Number(sequence) + 1 });
    const { id } = receipt as { id: string };
    expect(await api.call("GET", `${pairs}/receipts/${id}`)).toMatchObject({ state: "erased" });
    expect((await api.send({ method: "GET", path: `${pairs}/anchors/c0-0/image` })).status).toBe(404);
    const { hits } = await api.call("POST", `${pairs}/search`, {
      query: { anchor: "c0-1" },
      modality: "image",
      target: "image",
      limit: 100,
    });
    const found = (hits as { id: string }[]).map((hit) => hit.id);
    expect(found).toHaveLength(57);
    expect(found).not.toContain("c0-0");
  });

  it("removes the files of build-index that hold the deleted anchor", async () => {
    const folder = join(dataDir.path, "indexes", "pairs");
    const files = await readdir(folder).catch(() => []);
    const texts = await Promise.all(files.map((file) => readFile(join(folder, file), "latin1")));
    expect(texts.filter((text) => text.includes('"c0-0"'))).toEqual([]);
    expect(files).not.toContain("default.json");
  });

  it("has the same anchors after another start", async () => {
    const list = { method: "GET", path: `${pairs}/anchors?limit=1000&vectors=true` };
    const before = await api.send(list);
    expect(await service.end("SIGTERM")).toBe(0);
    service = await startService(dataDir.path, { SAMPLE: "on" });
    api = apiAt(service.url);
    expect(await api.send(list)).toEqual(before);
  });

  it("does not bring back a sample collection that was deleted", async () => {
    const { jobs } = await api.call("GET", "/v1/jobs");
    const samples = (jobs as { kind: string; state: string }[]).filter(({ kind }) => kind === "sample");
    expect(samples.map(({ state }) => state)).toEqual(["failed"]);
    expect((await api.send({ method: "GET", path: "/v1/collections/emoji" })).status).toBe(404);
  });
});
