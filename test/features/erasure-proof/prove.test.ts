import { mkdir, readdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Anchor } from "../../../src/api/anchors.ts";
import { unitRows } from "../../../src/retrieval/index.ts";
import type { AnchorId, Sequence } from "../../../src/types.ts";
import { runSql } from "../../support/postgres.ts";
import { openStore } from "../../../src/store/index.ts";
import { silentLog } from "../../support/log.ts";
import { removeAdapters, saveAdapter } from "../../../src/features/epalm/table.ts";
import { bird, BIRDS, COUNT, IMAGE, idsOf, open, placesOf, type Place } from "./place.ts";
import { reportOf } from "../../../src/features/erasure-proof/index.ts";
import { numbersOf } from "../../../src/store/float32.ts";

let place: Place;

beforeAll(async () => {
  place = await open();
});

afterAll(() => place.close());

/** @returns the receipt's id */
const remove = async (...anchors: readonly Anchor[]): Promise<string> =>
  (await place.collections.deleteAnchors(BIRDS, idsOf(...anchors))).receipt.id ?? "";

const put = (...anchors: readonly Anchor[]) => place.collections.putAnchors(BIRDS, anchors);
const compact = (tables?: "vacuum" | "rewrite") => place.collections.compact(BIRDS, tables);

const hiddenSays = (receipt: string, anchors: string): string =>
  `receipt ${receipt} says hidden of its ${anchors}; compact the collection to erase them`;

const IN_PAGES = /^base\/\d+\/\d+ at \d+ \((anchors|vectors)\)$/;
const IN_SNAPSHOT = /^indexes\/\d+\/\d+\.snapshot at \d+$/;

describe("a deleted anchor", () => {
  test("is found in the tables' pages and in the snapshot while it is hidden, and nowhere when it is erased", async () => {
    const lost = bird(7);
    const receipt = await remove(lost);
    const hidden = await place.prove([lost]);
    expect(hidden.first).toMatchObject({ state: "hidden", receipt, sameContent: true });
    for (const what of ["id", "caption", "image vector", "text vector"]) {
      const places = hidden.first.traces.filter((trace) => trace.what === what).map(({ where }) => where);
      expect(places).toContainEqual(expect.stringMatching(IN_PAGES));
      expect(places).toContainEqual(expect.stringMatching(IN_SNAPSHOT));
    }
    expect(hidden.faults).toEqual([hiddenSays(receipt, "1 anchor"), "still found: bird-7"]);

    await compact();
    const { first, faults, proof } = await place.prove([lost], receipt);
    expect(first).toMatchObject({ state: "erased", traces: [], unsearchable: [], shared: [] });
    expect(first.idOnRecord).toBe(true);
    expect(faults).toEqual([]);
    expect(proof.searched).toMatchObject({ closedTables: [], indexes: { files: 1 } });
    expect(proof.searched?.postgres?.files).toBeGreaterThan(50);
  });

  test("is still found in the tables' pages, and hidden, after a compaction that only vacuums", async () => {
    const many = Array.from({ length: 40 }, (_, i) => bird(11 + 26 * i));
    const receipt = await remove(...many);
    await compact("vacuum");
    const { proof, faults } = await place.prove(many);
    const places = proof.findings.flatMap(({ traces }) => traces.map(({ where }) => where));
    expect(places).toContainEqual(expect.stringMatching(IN_PAGES));
    expect(places).not.toContainEqual(expect.stringContaining("indexes"));
    expect(faults).toContain(hiddenSays(receipt, "40 anchors"));
    await compact("rewrite");
    expect((await place.prove(many)).faults).toEqual([]);
  });

  test("is not proven erased by a receipt that covers others", async () => {
    const receipt = await remove(bird(2));
    await remove(bird(3));
    await compact();
    const { faults } = await place.prove([bird(3)], receipt);
    expect(faults).toEqual(["no receipt tells of a deletion of bird-3"]);
    await expect(place.prove([bird(3)], "x")).rejects.toMatchObject({ code: "not-found" });
  });

  test("is known by its content where its id is not, and by its id where its content is not", async () => {
    const { id, text = "", imageVector = [], textVector = [], metadata = {} } = bird(4);
    const receipt = await remove(bird(4));
    await compact();
    const nameless = { text, imageVector, textVector, metadata };
    const unnamed = await place.prove([nameless]);
    expect(unnamed.first).toMatchObject({ name: "gone.jsonl:1", receipt, sameContent: true });
    const { first, faults } = await place.prove([{ id, imageVector }]);
    expect([first.receipt, first.sameContent, faults]).toEqual([receipt, null, []]);
  });

  test("whose caption is one word is looked for beside its id, for others are called so too", async () => {
    const [owl, other] = [
      { ...bird(COUNT), text: "owl" },
      { ...bird(COUNT + 1), text: "owl" },
    ];
    await put(owl, other);
    await compact();
    await remove(owl);
    const found = placesOf((await place.prove([owl])).first);
    expect(found).toContainEqual(expect.stringMatching(/^caption: base.*\(anchors\)$/));
    expect(found).toContainEqual(expect.stringMatching(/^caption: indexes/));
    await compact();
    const { first, faults } = await place.prove([owl]);
    expect([first.traces, first.shared, faults]).toEqual([[], [], []]);
  });

  test("is found whatever length its caption has, and with quotes and line ends in it", async () => {
    const long = { ...bird(COUNT + 2), text: Array.from({ length: 900 }, (_, i) => `"${i}"`).join("\n") };
    await put(long);
    await compact();
    await remove(long);
    const found = placesOf((await place.prove([long])).first);
    expect(found).toContainEqual(expect.stringMatching(/^caption: base.*\(anchors\)$/));
    expect(found).toContainEqual(expect.stringMatching(/^caption: indexes/));
    await compact();
    expect((await place.prove([long])).faults).toEqual([]);
  });
});

describe("an anchor that is there", () => {
  test("is told from what is gone, and so is one that never was", async () => {
    await remove(bird(20));
    await put(bird(20));
    await compact();
    const never = { ...bird(COUNT + 9), id: "never" as AnchorId };
    const { proof, faults } = await place.prove([bird(20), bird(21), never]);
    expect(proof.findings.map(({ state }) => state)).toEqual(["live", "live", "unknown"]);
    expect(faults).toEqual([
      "not deleted, but there as it was: bird-20, bird-21",
      "no receipt tells of a deletion of never",
    ]);
  });

  test("has lost its old vectors and caption when it was replaced and compacted", async () => {
    await put(bird(22, 2));
    const before = await place.prove([bird(22)]);
    expect(before.first.state).toBe("replaced");
    expect(placesOf(before.first)).toContainEqual(expect.stringMatching(/^image vector: indexes/));
    expect(placesOf(before.first)).toContainEqual(expect.stringMatching(/^image vector: base.*\(vectors\)$/));
    await compact();
    const { first, faults } = await place.prove([bird(22)]);
    expect([first.state, first.traces, faults]).toEqual(["replaced", [], []]);
  });

  test("and holds a deleted one's caption may have its vector among those of labels, a deleted one's alone may not", async () => {
    const [lost, twin, alone] = [bird(31), { ...bird(32), textVector: bird(31).textVector ?? [] }, bird(33)];
    await put(twin);
    await remove(lost, alone);
    await compact();
    const keep = async ({ textVector = [] }: Pick<Anchor, "textVector">) => {
      const bytes = Buffer.from(Float32Array.from(numbersOf(textVector)).buffer).toString("hex");
      await runSql(
        `INSERT INTO label_vectors SELECT key, text_encoder, sha256('${bytes}'::bytea), '\\x${bytes}' FROM collections`,
        place.database.url,
      );
    };
    await keep(lost);
    const { first, faults } = await place.prove([lost]);
    expect([first.traces, faults]).toEqual([[], []]);
    expect(first.shared).toEqual([{ what: "text vector", by: ["bird-32"] }]);
    await keep(alone);
    expect((await place.prove([alone])).first.traces).toEqual([
      { what: "text vector", where: "table label_vectors", times: 1, beyond: 0 },
    ]);
    await compact();
    expect((await place.prove([alone])).faults).toEqual([]);
  });

  test("and holds the same as a deleted one is named, and its bytes are not taken for the other's", async () => {
    const lost = bird(30);
    const { text = "", imageVector = [] } = lost;
    await put(
      { ...bird(COUNT + 3), text },
      { ...bird(COUNT + 4), imageVector: numbersOf(imageVector).map((value) => 2 * value) },
      { ...bird(COUNT + 5), text: `beside ${text}` },
    );
    await compact();
    await remove(lost);
    const { traces } = (await place.prove([lost])).first;
    const caption = { what: "caption", times: 1 };
    expect(traces).toContainEqual({
      ...caption,
      where: expect.stringMatching(/^base\/\d+\/\d+ \(anchors\)$/) as string,
      beyond: 2,
    });
    expect(traces).toContainEqual({
      ...caption,
      where: expect.stringMatching(/^indexes\/\d+\/\d+\.snapshot$/) as string,
      beyond: 2,
    });
    await compact();
    const { first, faults } = await place.prove([lost]);
    expect([first.traces, faults]).toEqual([[], []]);
    expect(first.shared).toEqual([
      { what: "caption", by: [`bird-${COUNT + 3}`, `bird-${COUNT + 5}`] },
      { what: "image vector", by: [`bird-${COUNT + 4}`] },
    ]);
  });
});

describe("a file under DATA_DIR/indexes", () => {
  const lost = bird(40);
  const unit = unitRows(Float32Array.from(numbersOf(lost.imageVector ?? [])), IMAGE);

  beforeAll(async () => {
    await remove(lost);
    await compact();
  });

  test.each([
    [
      "a vector as it was sent",
      "image vector",
      Buffer.from(Float32Array.from(numbersOf(lost.imageVector ?? [])).buffer),
    ],
    ["a part of a vector with norm 1", "image vector", Buffer.from(unit.buffer).subarray(64, 200)],
    ["a caption", "caption", Buffer.from(lost.text ?? "")],
  ])("is named with the place where it holds %s", async (_what, what, bytes) => {
    const folder = join(place.indexes, "copies");
    await mkdir(folder);
    await writeFile(join(folder, "old.bin"), Buffer.concat([Buffer.alloc(1_234_567, 1), bytes]));
    const { first, faults } = await place.prove([lost]);
    await rm(folder, { recursive: true });
    const where = expect.stringMatching(/^indexes\/copies\/old\.bin at 12345\d\d$/) as string;
    expect(first.traces).toEqual([{ what, where, times: 1, beyond: 0 }]);
    expect(faults).toEqual(["still found: bird-40"]);
  });

  test("that was built before is removed by the compaction, and one of another collection's is not", async () => {
    const folder = join(place.indexes, BIRDS);
    await mkdir(join(folder, ".building-1"), { recursive: true });
    const built = ["ids-0123456789abcdef.jsonl", "image-exact-0123456789abcdef.f32"];
    for (const name of built) await writeFile(join(folder, name), "");
    await writeFile(join(folder, "notes.txt"), "");
    await compact();
    expect(await readdir(folder)).toEqual(["notes.txt"]);
  });
});

describe("a row of another table", () => {
  test("that holds a caption is named", async () => {
    const lost = bird(50);
    await remove(lost);
    await compact();
    await runSql(`CREATE TABLE notes AS SELECT 'about ${lost.text ?? ""}' AS note`, place.database.url);
    const { first } = await place.prove([lost]);
    await runSql("DROP TABLE notes", place.database.url);
    expect(placesOf(first)).toEqual(["caption: table notes"]);
  });
});

describe("what cannot be searched", () => {
  test("is said of a vector that is nearly all zeros, and of a short caption without an id", async () => {
    const flat = {
      ...bird(COUNT + 6),
      imageVector: Array.from({ length: IMAGE }, (_, i) => Number(i === 3)),
    };
    await put(flat);
    await remove(flat);
    await compact();
    const { first, faults } = await place.prove([flat]);
    expect(first.unsearchable).toEqual(["image vector"]);
    expect(faults).toEqual([`not to be told from other bytes, and so not proven: bird-${COUNT + 6}`]);
    const word = { text: "owl" };
    expect((await place.prove([word])).first.unsearchable).toEqual(["caption"]);
  });

  test("is said of Postgres's files, and of tables, that its user may not read", async () => {
    await remove(bird(60));
    await compact();
    const { database } = place;
    const role = new URL(database.url).pathname.slice(1);
    const url = new URL(database.url);
    [url.username, url.password] = [role, "reads"];
    await runSql(
      `CREATE ROLE ${role} LOGIN PASSWORD 'reads'; GRANT SELECT ON ALL TABLES IN SCHEMA public TO ${role}`,
      database.url,
    );
    const { proof, faults } = await place.prove([bird(60)], undefined, url.href);
    await runSql(`DROP OWNED BY ${role}; DROP ROLE ${role}`, database.url);
    expect(proof.searched).toMatchObject({ postgres: null, closedTables: ["drizzle.__drizzle_migrations"] });
    expect(faults).toEqual([]);
  });
});

test("an adapter trained on the collection is told of with the receipt that names it, until it is removed", async () => {
  const { dataDir, database } = place;
  const store = await openStore({ dataDir, databaseUrl: database.url, log: silentLog });
  try {
    const adapter = { id: "captions", sha256: "0".repeat(64), sequence: 1 as Sequence, settings: {} };
    await saveAdapter(store, { ...adapter, collection: BIRDS, createdAt: new Date() }, Uint8Array.of(1));
    const lost = bird(900);
    const receipt = await remove(lost);
    await compact();
    const kept = await place.prove([lost], receipt);
    expect(kept.proof.retainedBy).toEqual(["adapter captions@1"]);
    expect(kept.faults).toEqual([]);
    expect(reportOf(kept.proof)).toContain(
      "kept, and made with anchors of the collection: adapter captions@1",
    );
    await removeAdapters(store, "captions", null);
    expect((await place.prove([lost], receipt)).proof.retainedBy).toEqual([]);
  } finally {
    await store.close();
  }
});
