import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { createClient } from "../../src/features/client.ts";
import { ownPostgres, type OwnPostgres } from "../support/own-postgres.ts";
import { askOften, type Answer, type Asked } from "./asking.ts";
import { makeDataDir, startService, type DataDir, type Running } from "./running.ts";

const PATH = "/v1/collections/pairs";
const WITHIN = { timeout: 30_000, interval: 20 };
const SEARCH = { query: { vector: [1, 2, 3], modality: "image" }, target: "image", limit: 1_000 } as const;

const anchor = (id: string) => ({ id, text: `caption of ${id}`, imageVector: [1, 2, 3], textVector: [1, 1] });

const pairsOf = ({ url }: Running) => createClient({ url }).collection("pairs");

const createPairs = async (service: Running): Promise<void> => {
  await createClient({ url: service.url }).createCollection({
    name: "pairs",
    imageEncoder: { external: { dimension: 3 } },
    textEncoder: { external: { dimension: 2 } },
  });
  await pairsOf(service).putAnchors([anchor("kept")]);
};

/** Resolves when each has been answered so `times` times more. */
const moreAnswers = async (asked: readonly Asked[], status: number, times: number): Promise<void> => {
  const due = asked.map(({ count }) => count(status) + times);
  await vi.waitFor(() => {
    for (const [i, { count }] of asked.entries()) expect(count(status)).toBeGreaterThanOrEqual(due[i] ?? 0);
  }, WITHIN);
};

interface Acknowledged {
  readonly ids: readonly string[];
  readonly sequences: readonly number[];
}

/** Takes Postgres away from a service under load and gives it back. */
const outage = async (
  service: Running,
  name: string,
  away: () => Promise<void>,
  back: () => Promise<void>,
): Promise<Acknowledged> => {
  const idsOf = (writer: number, i: number): string => `${name}-${writer}-${i}`;
  const writers = [0, 1].map((writer) =>
    askOften(service.url, (i) => ({
      method: "PUT",
      path: `${PATH}/anchors`,
      body: { anchors: [anchor(idsOf(writer, i))] },
    })),
  );
  const lookUps = askOften(service.url, () => ({ method: "GET", path: `${PATH}/anchors/kept` }));
  const searches = askOften(service.url, () => ({ method: "POST", path: `${PATH}/search`, body: SEARCH }));
  const all = [...writers, lookUps, searches];

  await moreAnswers(all, 200, 5);
  const refused = moreAnswers([...writers, lookUps], 503, 1);
  await away();
  await refused;
  await moreAnswers([searches], 200, 3);
  await back();
  await moreAnswers(all, 200, 5);
  await Promise.all(all.map((asked) => asked.stop()));

  // What memory answers is answered all the time.
  expect(searches.count(200)).toBe(searches.answers.length);
  for (const answer of all.flatMap(({ answers }) => answers)) expectGood(answer);
  const acknowledged = writers.flatMap(({ answers }, writer) =>
    answers.flatMap(({ status, sequence }, i) =>
      status === 200 ? [{ id: idsOf(writer, i), sequence: sequence ?? 0 }] : [],
    ),
  );
  return {
    ids: acknowledged.map(({ id }) => id),
    sequences: acknowledged.map(({ sequence }) => sequence),
  };
};

const expectGood = (answer: Answer): void => {
  if (answer.status === 200) return;
  expect(answer).toMatchObject({ status: 503, type: "application/problem+json", retryAfter: "2" });
};

const idsIn = async (service: Running): Promise<{ readonly stored: string[]; readonly found: string[] }> => {
  const stored: string[] = [];
  for await (const { id } of pairsOf(service).listAnchors({ pageSize: 1_000 })) stored.push(id);
  const { hits } = await pairsOf(service).search(SEARCH);
  return { stored, found: hits.map(({ id }) => id).sort() };
};

/** Nothing that was acknowledged is missing, each has a sequence of its own, and memory has what Postgres has. */
const expectKept = async (service: Running, { ids, sequences }: Acknowledged): Promise<void> => {
  expect(new Set(sequences).size).toBe(sequences.length);
  await vi.waitFor(async () => {
    const { stored, found } = await idsIn(service);
    expect(found).toEqual(stored.toSorted());
  }, WITHIN);
  const { stored } = await idsIn(service);
  expect(stored).toEqual(expect.arrayContaining([...ids]));
  const { sequence, anchorCount } = await pairsOf(service).get();
  expect(anchorCount).toBe(stored.length);
  // Every write made one anchor.
  expect(sequence).toBe(stored.length);
  expect(service.output()).not.toContain("defect");
};

describe("two services whose Postgres is taken away under load", () => {
  let postgres: OwnPostgres;
  let dataDirs: DataDir[] = [];
  let services: Running[] = [];

  beforeAll(async () => {
    postgres = await ownPostgres();
    dataDirs = [await makeDataDir(), await makeDataDir()];
    services = await Promise.all(
      dataDirs.map(({ path }) => startService(path, { DATABASE_URL: postgres.url })),
    );
    for (const service of services.slice(0, 1)) await createPairs(service);
  });

  afterAll(async () => {
    await Promise.all(services.map((service) => service.end("SIGKILL")));
    await Promise.all(dataDirs.map((dataDir) => dataDir.remove()));
    await postgres.remove();
  });

  it.each(["fast", "immediate", "killed"] as const)(
    "refuse for a while, lose nothing and follow each other again (%s)",
    async (how) => {
      const [one, other] = services as [Running, Running];
      const acknowledged = await outage(
        one,
        how,
        () => postgres.stop(how),
        () => postgres.start(),
      );
      await expectKept(one, acknowledged);
      await expectKept(other, acknowledged);
      await pairsOf(other).putAnchors([anchor(`${how}-after`)]);
      await vi.waitFor(async () => expect((await idsIn(one)).found).toContain(`${how}-after`), WITHIN);
    },
  );
});

describe("a service whose embedded Postgres is killed under load", () => {
  it("starts it again, says so, and loses nothing", async () => {
    const dataDir = await makeDataDir();
    const service = await startService(dataDir.path);
    try {
      await createPairs(service);
      const file = await readFile(join(dataDir.path, "postgres/postmaster.pid"), "utf8");
      const acknowledged = await outage(
        service,
        "embedded",
        () => Promise.resolve(void process.kill(Number(file.split("\n", 1)[0]), "SIGKILL")),
        () => Promise.resolve(),
      );
      await expectKept(service, acknowledged);
      expect(service.output()).toMatch(/PostgreSQL ended by itself \(SIGKILL\)[^]*PostgreSQL runs again/);
      expect(await service.end("SIGTERM")).toBe(0);
    } finally {
      await service.end("SIGKILL");
      await dataDir.remove();
    }
  });
});
