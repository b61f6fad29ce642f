import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createClient } from "../../src/features/client.ts";
import { freshDatabase, type TestDatabase } from "../support/postgres.ts";
import { makeDataDir, startService, type DataDir, type Running } from "./running.ts";

let database: TestDatabase;
let dataDirs: DataDir[];
let services: Running[];

beforeAll(async () => {
  database = await freshDatabase();
  dataDirs = await Promise.all([makeDataDir(), makeDataDir()]);
  services = await Promise.all(
    dataDirs.map(({ path }) => startService(path, { DATABASE_URL: database.url })),
  );
}, 60_000);

afterAll(async () => {
  await Promise.all(services.map((service) => service.end("SIGKILL")));
  await Promise.all(dataDirs.map((dataDir) => dataDir.remove()));
  await database.drop();
});

const anchor = (id: string) => ({
  id,
  text: `caption of ${id}`,
  imageVector: [1, id.length, 0],
  textVector: [1, 1],
});

describe("two services on one Postgres", () => {
  it("answer for what was written to the other, from the sequence that its answer named", async () => {
    const [one, other] = services.map(({ url }) => createClient({ url }).collection("pairs"));
    if (one === undefined || other === undefined) throw new Error("two were started");
    await createClient({ url: services[0]?.url ?? "" }).createCollection({
      name: "pairs",
      imageEncoder: { external: { dimension: 3 } },
      textEncoder: { external: { dimension: 2 } },
    });
    const query = { query: { vector: [1, 1, 0], modality: "image" }, target: "image" } as const;
    for (const [writer, reader] of [
      [one, other],
      [other, one],
    ] as const) {
      const id = writer === one ? "a" : "bb";
      const written = await writer.putAnchors([anchor(id)]);
      const seen = await reader.search({ ...query, minSequence: written.sequence });
      expect(seen.hits.map((hit) => hit.id)).toContain(id);
      expect(seen.sequence).toBeGreaterThanOrEqual(written.sequence);
    }
    const { sequence } = await one.deleteAnchor("bb");
    const { hits } = await other.search({ ...query, minSequence: sequence });
    expect(hits.map((hit) => hit.id)).toEqual(["a"]);
  });
});
