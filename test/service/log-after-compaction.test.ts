import { chown, copyFile, readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { openAnchorage, type Anchorage } from "../../src/index.ts";
import { makeDataDir, type DataDir } from "./running.ts";

const CAPTION = "an unmistakable caption of an owl in a birch";
const TIMEOUT_MS = 120_000;

let dataDir: DataDir;
let anchorage: Anchorage;

beforeAll(async () => {
  dataDir = await makeDataDir();
  anchorage = await openAnchorage({ dataDir: dataDir.path });
}, TIMEOUT_MS);

afterAll(async () => {
  await anchorage.close();
  await dataDir.remove();
});

const folder = (): string => join(dataDir.path, "postgres", "pg_wal");

/** The name of the segment `count` places later; the last eight digits count. */
const segmentAfter = (name: string, count: number): string =>
  name.slice(0, 16) + (parseInt(name.slice(16), 16) + count).toString(16).toUpperCase().padStart(8, "0");

const segmentsWithCaption = async (): Promise<string[]> => {
  const names = (await readdir(folder())).filter((name) => /^[0-9A-F]{24}$/.test(name));
  const held = await Promise.all(
    names.map(async (name) => (await readFile(join(folder(), name))).includes(CAPTION)),
  );
  return names.filter((_, i) => held[i]);
};

it(
  "after a compaction the embedded server's write-ahead log no longer holds what was deleted",
  async () => {
    const encoder = { external: { dimension: 2 } };
    await anchorage.createCollection({ name: "birds", imageEncoder: encoder, textEncoder: encoder });
    const birds = anchorage.collection("birds");
    await birds.putAnchors([{ id: "owl", text: CAPTION, imageVector: [1, 0], textVector: [1, 0] }]);
    await birds.deleteAnchor("owl");
    const [held] = await segmentsWithCaption();
    if (held === undefined) throw new Error("the log holds what was just written");
    // As an earlier version left segments behind that are used again.
    const reused = join(folder(), segmentAfter(held, 3));
    await copyFile(join(folder(), held), reused);
    const { uid, gid } = await stat(join(folder(), held));
    await chown(reused, uid, gid);
    await birds.compact();
    expect(await segmentsWithCaption()).toEqual([]);
  },
  TIMEOUT_MS,
);
