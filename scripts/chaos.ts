import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { z } from "zod";
import { EXIT, runScript, wholeNumber } from "../src/cli.ts";
import { createClient, type AnchorBody, type CollectionClient } from "../src/client/index.ts";
import { createProgress } from "../src/progress.ts";
import { createRandom, type Random } from "../src/random.ts";
import { anchorOf, createModel, DIMENSION, rankAll, type Model } from "./chaos/model.ts";

const COLLECTION = "chaos";
/** Each writes ids of its own, so that it is known in which order an id was written. */
const WRITERS = 3;
const IDS_A_WRITER = 150;
const LONGEST_ROUND_MS = 900;
const NEIGHBOURS = 20;
/** What float32 may differ from float64 by. */
const TOLERANCE = 1e-5;

interface Service {
  readonly child: ChildProcess;
  readonly collection: CollectionClient;
}

const start = async (dataDir: string): Promise<Service> => {
  // A group of its own, so that Postgres can be killed with it.
  const child = spawn(process.execPath, ["--import", "tsx", "src/main.ts"], {
    env: { ...process.env, PORT: "0", DATA_DIR: dataDir, SAMPLE: "off", DATABASE_URL: "" },
    stdio: ["ignore", "pipe", "pipe"],
    detached: true,
  });
  let output = "";
  const url = await new Promise<string>((resolve, reject) => {
    const read = (chunk: Buffer): void => {
      output += chunk.toString();
      const listening = /listening on (http:\S+)/.exec(output)?.[1];
      if (listening !== undefined) resolve(listening);
    };
    child.stdout.on("data", read);
    child.stderr.on("data", read);
    child.once("exit", () => reject(new Error(`the service ended: ${output}`)));
  });
  const client = createClient({ url });
  const known = await client.listCollections();
  if (!known.some(({ name }) => name === COLLECTION)) {
    const external = { external: { dimension: DIMENSION } };
    await client.createCollection({ name: COLLECTION, imageEncoder: external, textEncoder: external });
  }
  return { child, collection: client.collection(COLLECTION) };
};

/** Kills the service with SIGKILL: alone, or with everything that it started. */
const kill = async ({ child }: Service, whole: boolean): Promise<void> => {
  const exited = once(child, "exit");
  if (whole && child.pid !== undefined) process.kill(-child.pid, "SIGKILL");
  else child.kill("SIGKILL");
  await exited;
};

/** Writes and deletes until the service is gone. @returns how many writes were acknowledged */
const write = async (
  collection: CollectionClient,
  writer: number,
  model: Model,
  random: Random,
): Promise<number> => {
  const all = Array.from({ length: IDS_A_WRITER }, (_, i) => `w${writer}-${i}`);
  for (let writes = 0; ; writes++) {
    const ids = random.sample(all, 1 + random.integer(20));
    const version = 1 + random.integer(2 ** 31);
    const isDeletion = random.next() < 0.35;
    const state = isDeletion ? null : version;
    model.sent(ids, state);
    try {
      if (isDeletion) await collection.deleteAnchors({ ids });
      else await collection.putAnchors(ids.map((id) => anchorOf(id, version)));
    } catch {
      return writes;
    }
    model.acknowledged(ids, state);
  }
};

const readAll = async (collection: CollectionClient): Promise<Map<string, AnchorBody>> => {
  const held = new Map<string, AnchorBody>();
  for await (const anchor of collection.listAnchors({ vectors: true, pageSize: 1_000 }))
    held.set(anchor.id, anchor as AnchorBody);
  return held;
};

/** Whether the index finds what a plain computation over the stored vectors finds. */
const searchFaults = async (
  collection: CollectionClient,
  held: ReadonlyMap<string, AnchorBody>,
  random: Random,
): Promise<string[]> => {
  const vector = Array.from({ length: DIMENSION }, () => Math.fround(random.next() - 0.5));
  const { hits } = await collection.search({
    query: { vector, modality: "image" },
    target: "image",
    limit: NEIGHBOURS,
    exact: true,
  });
  const expected = rankAll(held, vector).slice(0, NEIGHBOURS);
  if (hits.length !== expected.length) return [`a search found ${hits.length} of ${expected.length}`];
  return hits.flatMap(({ id, score }, i) => {
    const anchor = held.get(id);
    if (anchor === undefined) return [`a search found ${id}, which is not stored`];
    return Math.abs(score - (expected[i]?.score ?? NaN)) <= TOLERANCE
      ? []
      : [`hit ${i} scores ${score}, and ${expected[i]?.score ?? "nothing"} was expected`];
  });
};

await runScript({
  name: "chaos",
  synopsis: "[options]",
  about:
    "Starts a service, writes and deletes, kills it with SIGKILL at a random moment (alone, or Postgres with it), and starts it again: nothing that was acknowledged may be lost, nothing that was deleted may come back, and searches must find what is stored.",
  options: {
    rounds: { type: "string", value: "N", help: "how often it is killed", default: "100" },
    seed: { type: "string", value: "N", help: "of what is written and when it is killed", default: "1" },
    minutes: { type: "string", value: "N", help: "after which no round begins", default: "15" },
  },
  examples: ["--rounds 10 --seed 7"],
  schema: z.object({
    rounds: wholeNumber(1, 100_000),
    seed: wholeNumber(0, 999_999_999),
    minutes: wholeNumber(1, 10_000),
  }),
  run: async ({ rounds, seed, minutes }, { signal, note, print }) => {
    const dataDir = await mkdtemp(join(tmpdir(), "anchorage-chaos-"));
    const random = createRandom(seed);
    const model = createModel();
    const bar = createProgress("chaos", "rounds");
    const until = performance.now() + minutes * 60_000;
    let [round, writes] = [0, 0];
    let service: Service | undefined;
    const faults: string[] = [];
    try {
      for (;;) {
        bar.update(round, rounds);
        const running = (service = await start(dataDir));
        const { collection } = running;
        const held = await readAll(collection);
        faults.push(...model.compare(held), ...(await searchFaults(collection, held, random)));
        const isOver = round === rounds || performance.now() > until || signal.aborted;
        if (isOver || faults.length > 0) break;
        const writing = Array.from({ length: WRITERS }, (_, writer) =>
          write(collection, writer, model, createRandom(random.integer(2 ** 31))),
        );
        await setTimeout(random.integer(LONGEST_ROUND_MS));
        await kill(running, random.next() < 0.5);
        service = undefined;
        for (const acknowledged of await Promise.all(writing)) writes += acknowledged;
        round++;
      }
    } finally {
      bar.stop();
      if (service !== undefined) await kill(service, true);
      if (faults.length === 0) await rm(dataDir, { recursive: true, force: true, maxRetries: 5 });
    }
    for (const fault of faults.slice(0, 20)) note(fault);
    print(`${round} rounds, ${writes} acknowledged writes, ${faults.length} faults (seed ${seed})`);
    if (faults.length > 0) note(`the data is kept in ${dataDir}`);
    return faults.length > 0 ? EXIT.failed : signal.aborted ? EXIT.interrupted : EXIT.done;
  },
});
