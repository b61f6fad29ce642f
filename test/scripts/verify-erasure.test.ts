import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createClient, type CollectionClient } from "../../src/features/client.ts";
import { saveAdapter } from "../../src/features/epalm/table.ts";
import { silentLog } from "../support/log.ts";
import { openInspection } from "../../src/store/index.ts";
import type { CollectionName, Sequence } from "../../src/types.ts";
import { makeDataDir, startService, type DataDir, type Running } from "../service/running.ts";
import { normals, seededRandom } from "../support/random.ts";
import { runScript, type Ended } from "./run-script.ts";

const COUNT = 1_020;
const [IMAGE, TEXT] = [64, 32];

let root: string;
let data: DataDir;
let service: Running;
let pets: CollectionClient;
let receipt: string;

const pet = (at: number) => ({
  id: `pet-${at}`,
  text: `the caption of pet ${String(at).padStart(4, "0")}`,
  imageVector: [...normals(IMAGE, seededRandom(at))],
  textVector: [...normals(TEXT, seededRandom(COUNT + at))],
  metadata: { owner: "ann" },
});

const file = (name: string): string => join(root, name);

const verify = (...args: string[]): Promise<Ended> => runScript("verify-erasure", args, data.path);

const ofPets = (...args: string[]): Promise<Ended> => verify("--collection", "pets", ...args);

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "anchorage-verify-"));
  data = await makeDataDir();
  service = await startService(data.path);
  const client = createClient({ url: service.url });
  await client.createCollection({
    name: "pets",
    imageEncoder: { external: { dimension: IMAGE } },
    textEncoder: { external: { dimension: TEXT } },
  });
  pets = client.collection("pets");
  await pets.putAnchors(Array.from({ length: COUNT }, (_, at) => pet(at)));
  await pets.compact();
  receipt = (await pets.deleteAnchor("pet-5")).receipt.id ?? "";
  await writeFile(file("gone.jsonl"), `${JSON.stringify(pet(5))}\n`);
});

afterAll(async () => {
  await service.end("SIGTERM");
  await data.remove();
  await rm(root, { recursive: true, force: true });
});

describe("npm run verify-erasure", () => {
  it("beside a service says where a hidden anchor lies still, and fails", async () => {
    const { status, stdout, stderr } = await ofPets("--anchors", file("gone.jsonl"));
    expect(status).toBe(1);
    expect(stdout).toMatch(/^pets: 1 receipt, the chain is whole; the last has sha256 [0-9a-f]{64}$/m);
    expect(stdout).toMatch(
      new RegExp(`^receipt ${receipt}: 1 anchor deleted [-0-9T:.]+Z at sequence 2, hidden$`, "m"),
    );
    expect(stdout).toMatch(
      /^pet-5 {3}[0-9a-f]{8} {2}hidden {2}id: postgres\/base\/\d+\/\d+ at \d+ \(anchors\)/m,
    );
    expect(stdout).toMatch(/^ +image vector: indexes\/\d+\/1\.snapshot at \d+$/m);
    expect(stderr).toContain("verify-erasure: still found: pet-5\n");
  });

  it("proves its erasure after a compaction, with the service running and stopped", async () => {
    await pets.compact();
    const running = await ofPets("--anchors", file("gone.jsonl"), "--receipt", receipt);
    expect([running.status, running.stderr]).toEqual([0, ""]);
    expect(running.stdout).toMatch(/^pet-5 {3}[0-9a-f]{8} {2}erased {2}nowhere$/m);
    await service.end("SIGTERM");
    const stopped = await ofPets("--anchors", file("gone.jsonl"));
    expect([stopped.status, stopped.stderr]).toEqual([0, ""]);
    expect(stopped.stdout).toMatch(/searched \d+ files of Postgres .*, its write-ahead log among them/);
    service = await startService(data.path);
  });

  it("checks a receipt alone", async () => {
    const { status, stdout } = await ofPets("--receipt", receipt);
    expect(status).toBe(0);
    expect(stdout).toMatch(
      /, erased [-0-9T:.]+Z in generation 1\nno anchors were given, so nothing was searched\n$/,
    );
    const unknown = await ofPets("--receipt", "nothing");
    expect([unknown.status, unknown.stderr]).toEqual([
      6,
      'verify-erasure: There is no receipt of a deletion "nothing".\n',
    ]);
  });

  it("tells a wrong use in one line, with status 2", async () => {
    const { status, stdout, stderr } = await verify("--collection", "pets");
    expect([status, stdout]).toEqual([2, ""]);
    expect(stderr).toBe(
      "verify-erasure: --anchors or --receipt is required (anchorage verify-erasure --help shows how to use it)\n",
    );
  });

  it("names the file and the line that it cannot use", async () => {
    await writeFile(file("words.jsonl"), `${JSON.stringify(pet(5))}\nwords\n`);
    const { status, stdout, stderr } = await ofPets("--anchors", file("words.jsonl"));
    expect([status, stdout]).toEqual([1, ""]);
    expect(stderr).toBe(`verify-erasure: ${file("words.jsonl")}:2: is not a JSON object\n`);
  });

  it("names a collection or a store that is not there", async () => {
    const nobody = await verify("--collection", "nobody", "--receipt", "x");
    expect([nobody.status, nobody.stderr]).toEqual([6, 'verify-erasure: There is no collection "nobody".\n']);
    await mkdir(file("bare"));
    const bare = await runScript("verify-erasure", ["--collection", "pets", "--receipt", "x"], file("bare"));
    expect([bare.status, bare.stderr]).toEqual([
      6,
      `verify-erasure: ${file("bare")} holds no store. Set DATA_DIR to the service's.\n`,
    ]);
  });

  it("names an adapter that was trained on the collection and is kept, and ends with 4", async () => {
    const inspection = await openInspection({ dataDir: data.path, databaseUrl: null, log: silentLog });
    const adapter = { id: "captions", sha256: "0".repeat(64), sequence: 2 as Sequence, settings: {} };
    const collection = "pets" as CollectionName;
    const saved = saveAdapter(
      inspection.database,
      { ...adapter, collection, createdAt: new Date() },
      Uint8Array.of(1),
    );
    await saved.finally(() => inspection.close());
    const now = createClient({ url: service.url }).collection("pets");
    await now.deleteAnchor("pet-6");
    await now.compact();
    await writeFile(file("kept.jsonl"), `${JSON.stringify(pet(6))}\n`);
    const { status, stdout, stderr } = await ofPets("--anchors", file("kept.jsonl"));
    expect(stderr).toBe(
      "verify-erasure: what was learnt from deleted anchors is kept in adapter captions@1\n",
    );
    expect(stdout).toMatch(/^kept, and made with anchors of the collection: adapter captions@1$/m);
    expect(status).toBe(4);
  });
});
