import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openCore, type OwnedCore } from "../../../src/collections/index.ts";
import { DOMAINS, textsOf } from "../../../research/evaluation/adapting/domains.ts";
import { adaptingChart, adaptingTable } from "../../../research/evaluation/adapting/index.ts";
import { adaptLive } from "../../../research/evaluation/adapting/live.ts";
import { adapt, STEPS } from "../../../research/evaluation/adapting/runs.ts";
import { embedDrawings, type EmbeddedEmoji } from "../../../research/evaluation/emoji-vectors.ts";
import { embedTexts } from "../../../src/features/evaluation/index.ts";
import { silentProgress } from "../../../src/progress.ts";
import { createRandom } from "../../../src/math/random.ts";
import { QUERY_VENDOR, readPairs, type EmojiPair } from "../../../src/features/sample/index.ts";
import { QUICK, writeEncoders } from "../../features/importing/encoders.ts";
import { freshDatabase, type TestDatabase } from "../../support/postgres.ts";
import { silentLog } from "../../support/log.ts";

const SETTINGS = { k: 20, p: 4, transform: "none" } as const;
const options = { seeds: 2, signal: new AbortController().signal, onProgress: () => undefined };

let root: string;
let database: TestDatabase;
let anchorage: OwnedCore;
let drawn: EmojiPair[];
let emoji: EmbeddedEmoji;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "anchorage-"));
  await writeEncoders(join(root, "encoders"));
  database = await freshDatabase();
  const log = silentLog;
  anchorage = await openCore({ dataDir: root, databaseUrl: database.url }, log, { preload: false });
  drawn = fewOf(await readPairs(["noto", "openmoji", QUERY_VENDOR]));
  const { encoders: registry } = anchorage;
  const image = registry.get(QUICK, "image");
  const text = registry.get("use-lite", "text");
  const shared = { registry, signal: options.signal, log };
  const pairs = await embedDrawings(drawn, {
    ...shared,
    encoder: image,
    directory: join(root, "vectors"),
    progress: silentProgress,
  });
  emoji = {
    pairs,
    image,
    text,
    texts: await embedTexts(pairs.flatMap(textsOf), { ...shared, encoder: text }),
  };
});

afterAll(async () => {
  await anchorage.close();
  await database.drop();
  await rm(root, { recursive: true });
});

/** A hundred flags of one vendor and some of the query vendor; of other groups a few. */
const fewOf = (pairs: readonly EmojiPair[]): EmojiPair[] => {
  const kept = new Map<string, number>();
  return createRandom(1)
    .shuffle(pairs)
    .filter(({ vendor, emoji: { group } }) => {
      const key = `${vendor}/${group}`;
      const count = kept.get(key) ?? 0;
      kept.set(key, count + 1);
      return count < (vendor === "openmoji" && group === "flags" ? 110 : 8);
    });
};

describe("a domain", () => {
  it.each(DOMAINS.map((domain) => [domain.name, domain] as const))(
    "%s is asked about by drawings that no anchor shows, before or after",
    (_, domain) => {
      const { base, pool, asked } = domain.draw(emoji, 1);
      const vectors = new Set(asked.images);
      expect([...base, ...pool].filter(({ imageVector }) => vectors.has(imageVector))).toEqual([]);
      expect(pool.filter((pair) => base.includes(pair))).toEqual([]);
      const again = domain.draw(emoji, 1);
      expect(again.pool.map(({ id }) => id)).toEqual(pool.map(({ id }) => id));
    },
  );

  it("that is a group is shown by nothing at first, and by nothing else later", () => {
    const { base, pool, asked, names } = DOMAINS[0]?.draw(emoji, 0) ?? expect.fail();
    expect(base.filter(({ emoji: { group } }) => group === "flags")).toEqual([]);
    expect(new Set(pool.map(({ emoji: { group } }) => group))).toEqual(new Set(["flags"]));
    expect(new Set(asked.truths.map((truth) => names[truth]))).toEqual(new Set(["flags"]));
    expect(pool.length).toBeGreaterThanOrEqual(100);
  });

  it("that is a style is added by drawings of emoji that are not asked about", () => {
    const { base, pool, asked } = DOMAINS.at(-1)?.draw(emoji, 0) ?? expect.fail();
    expect(base.filter(({ vendor }) => vendor === "openmoji")).toEqual([]);
    expect(pool.filter((pair) => asked.subjects.includes(pair.emoji.hexcode))).toEqual([]);
  });
});

describe("adapting", () => {
  it("is the same in memory and in a collection on Postgres, and ends where it began when all is taken out", async () => {
    const [domain = expect.fail()] = DOMAINS;
    const adaptation = await adapt(domain, emoji, SETTINGS, options);
    const { steps } = adaptation;
    expect(steps.map(({ added }) => added)).toEqual([...STEPS]);
    expect(steps.every(({ draws }) => draws.length === 2)).toBe(true);
    expect(steps.at(-1)?.draws[0]).toBeGreaterThan(steps[0]?.draws[0] ?? 100);

    const images = new Map(drawn.map(({ id, image }) => [id as string, image]));
    const live = await adaptLive(anchorage.collections, domain.draw(emoji, 0), emoji, images, SETTINGS);
    expect(live.map(({ accuracy }) => accuracy)).toEqual([
      ...steps.map(({ draws }) => draws[0]),
      steps[0]?.draws[0],
    ]);
    expect(live.map(({ answered, written }) => answered - written)).toEqual(live.map(() => 0));
    expect(live.at(-1)?.answer).toBe(live[0]?.answer);

    const report = { about: "2 draws", settings: {}, domains: [adaptation], live };
    expect(adaptingTable(report)).toContain("flags, one of 9 groups");
    const { format } = await sharp(Buffer.from(adaptingChart(report))).metadata();
    expect(format).toBe("svg");
  });

  it("stops where it is asked to", async () => {
    const [domain = expect.fail()] = DOMAINS;
    const stopped = adapt(domain, emoji, SETTINGS, { ...options, signal: AbortSignal.abort() });
    await expect(stopped).rejects.toThrow(/abort/i);
  });
});
