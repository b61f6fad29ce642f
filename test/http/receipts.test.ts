import { createHash } from "node:crypto";
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { createClient } from "../../src/features/client.ts";
import { compacted, receipt, receiptPage, serviceReceiptPage } from "../../src/api/receipts.ts";
import { saveAdapter } from "../../src/features/epalm/table.ts";
import type { CollectionName, Sequence } from "../../src/types.ts";
import { anchorOf, createCollection, listen, openTestApp, problemIn, type TestApp } from "./support.ts";

const base = "/v1/collections/c";

let test: TestApp;

beforeAll(async () => {
  test = await openTestApp();
});

beforeEach(async () => {
  await test.call("DELETE", base);
  await createCollection(test, "c");
  await test.call("PUT", `${base}/anchors`, {
    anchors: ["a", "b", "d", "e", "f", "g", "h"].map(anchorOf),
  });
});

afterAll(() => test.close());

const remove = async (id: string): Promise<{ id: string; hash: string }> => {
  const { body } = await test.call("DELETE", `${base}/anchors/${id}`);
  return (body as { receipt: { id: string; hash: string } }).receipt;
};

const sha256 = (...parts: (string | Uint8Array)[]): string => {
  const hash = createHash("sha256");
  for (const part of parts) hash.update(part);
  return hash.digest("hex");
};

const float32 = (values: readonly number[]): string =>
  Buffer.from(Float32Array.from(values).buffer).toString("base64");

describe("a deletion's receipt", () => {
  it("is found by its id and can be checked by whoever has what was deleted", async () => {
    const { id, hash } = await remove("a");
    const found = receipt.parse((await test.call("GET", `${base}/receipts/${id}`)).body);
    if (found.kind !== "deletion") throw new Error("it is a deletion's");
    expect(found).toMatchObject({ id, hash, state: "hidden", count: 1, generation: null, erasedAt: null });
    const salt = Buffer.from(found.salt, "hex");
    const { text, metadata, imageVector, textVector } = anchorOf("a");
    const content = `{"caption":"${text}","imageVector":"${float32(imageVector)}","metadata":{"seed":${metadata.seed}},"textVector":"${float32(textVector)}"}`;
    expect(found.anchors).toEqual([{ id: sha256(salt, "a"), content: sha256(salt, content) }]);
    const said =
      `{"anchorsHash":"${found.anchorsHash}","at":"${found.deletedAt.toISOString()}","collection":"c","count":1,"generation":null,` +
      `"id":"${id}","installation":null,"key":null,"kind":"deletion","nodes":[],"position":${found.position},` +
      `"previousHash":"${found.previousHash}","retainedBy":[],"salt":"${found.salt}","sequence":${found.sequence},` +
      `"user":null,"version":2}`;
    expect(found.hash).toBe(sha256(said));
  });

  it("is there for ids and filters too, and not where nothing was deleted", async () => {
    const some = await test.call("POST", `${base}/anchors/delete`, { ids: ["a", "b", "never"] });
    expect(some.body).toMatchObject({ receipt: { count: 2, id: expect.any(String) as string } });
    const filter = { seed: anchorOf("d").metadata.seed };
    const filtered = await test.call("POST", `${base}/anchors/delete`, { filter });
    expect(filtered.body).toMatchObject({ receipt: { count: 1, id: expect.any(String) as string } });
    const none = await test.call("POST", `${base}/anchors/delete`, { ids: ["never"] });
    expect(none.body).toMatchObject({ deleted: 0, receipt: { count: 0, id: null, hash: null } });
    const listed = receiptPage.parse((await test.call("GET", `${base}/receipts`)).body);
    const deletions = listed.receipts.filter(({ kind }) => kind === "deletion");
    expect(deletions.map(({ count }) => count)).toEqual([2, 1]);
  });

  it("is listed page by page, each naming the hash of the one before", async () => {
    for (const id of ["a", "b"]) await remove(id);
    const first = receiptPage.parse((await test.call("GET", `${base}/receipts?limit=1`)).body);
    const second = receiptPage.parse(
      (await test.call("GET", `${base}/receipts?limit=1&cursor=${first.nextCursor ?? ""}`)).body,
    );
    expect(second.receipts[0]?.previousHash).toBe(first.receipts[0]?.hash);
    expect(first.receipts[0]?.previousHash).toMatch(/^0{64}$/);
    expect(second.nextCursor).toBeNull();
  });

  it("is not found under another collection, and a cursor or a name that was never given out is refused", async () => {
    const { id } = await remove("a");
    await createCollection(test, "other");
    expect((await test.call("GET", `/v1/collections/other/receipts/${id}`)).status).toBe(404);
    const missing = await test.call("GET", `${base}/receipts/nothing`);
    expect([missing.status, problemIn(missing).detail]).toEqual([404, 'There is no receipt "nothing".']);
    expect((await test.call("GET", `${base}/receipts/a%00b`)).status).toBe(400);
    for (const wrong of ["x", "-1", "0", "1e3"])
      expect((await test.call("GET", `${base}/receipts?cursor=${wrong}`)).status).toBe(400);
  });
});

describe("compaction", () => {
  it("erases what was deleted, and says so in the receipts", async () => {
    const { id } = await remove("a");
    expect((await test.call("GET", base)).body).toMatchObject({ indexes: { image: { tombstones: 1 } } });
    const done = compacted.parse((await test.call("POST", `${base}/compact`)).body);
    expect(done).toMatchObject({ generation: 1, erased: 1, tables: "rewrite" });
    expect((await test.call("GET", base)).body).toMatchObject({ indexes: { image: { tombstones: 0 } } });
    const after = receipt.parse((await test.call("GET", `${base}/receipts/${id}`)).body);
    expect(after).toMatchObject({ state: "erased", generation: 1 });
    const again = compacted.parse((await test.call("POST", `${base}/compact?tables=rewrite`)).body);
    expect(again).toMatchObject({ generation: 1, erased: 0, tables: "rewrite" });
    expect((await test.call("POST", `${base}/compact?tables=burn`)).status).toBe(400);
    expect((await test.call("POST", "/v1/collections/nobody/compact")).status).toBe(404);
  });

  it("that only vacuums clears memory and erases nothing, for Postgres's files keep what it freed", async () => {
    const { id } = await remove("a");
    const done = compacted.parse((await test.call("POST", `${base}/compact?tables=vacuum`)).body);
    expect(done).toMatchObject({ generation: 0, erased: 0, tables: "vacuum" });
    expect((await test.call("GET", base)).body).toMatchObject({ indexes: { image: { tombstones: 0 } } });
    expect((await test.call("GET", `${base}/receipts/${id}`)).body).toMatchObject({ state: "hidden" });
  });

  it("follows of itself where much was deleted, and claims nothing to be erased", async () => {
    const { body } = await test.call("POST", `${base}/anchors/delete`, { ids: ["a", "b", "d", "e"] });
    const { id } = (body as { receipt: { id: string } }).receipt;
    await vi.waitFor(async () => {
      expect((await test.call("GET", base)).body).toMatchObject({ indexes: { image: { tombstones: 0 } } });
    });
    expect((await test.call("GET", `${base}/receipts/${id}`)).body).toMatchObject({ state: "hidden" });
  });

  it("goes on beside writes and queries, and leaves what was deleted meanwhile hidden or erased, never found", async () => {
    const client = createClient({ url: (await listen(test)).url }).collection("c");
    await Promise.all([
      client.compact(),
      ...["a", "b", "d", "e"].map((id) => client.deleteAnchor(id)),
      client.compact({ tables: "rewrite" }),
    ]);
    const { hits } = await client.search({ query: { anchor: "kept" }, target: "image", limit: 100 });
    expect(hits.map(({ id }) => id).sort()).toEqual(["f", "g", "h", "kept"]);
    await client.compact();
    for await (const link of client.listReceipts({ pageSize: 2 }))
      if (link.kind === "deletion")
        expect(await client.getReceipt(link.id)).toMatchObject({ state: "erased" });
  });
});

describe("the receipt of a deleted collection", () => {
  it("outlives the collection, names its last receipt, and follows the one before", async () => {
    const deletion = await remove("a");
    const dropped = await test.call("DELETE", base);
    const id = dropped.headers.get("anchorage-receipt");
    await createCollection(test, "c");
    await test.call("DELETE", base);
    const { receipts } = serviceReceiptPage.parse((await test.call("GET", "/v1/receipts")).body);
    const at = receipts.findIndex((each) => each.id === id);
    const [first, second] = receipts.slice(at);
    if (first === undefined || second === undefined) throw new Error("both are listed");
    expect(first).toMatchObject({
      collection: "c",
      count: 7,
      lastHash: deletion.hash,
      key: null,
      user: null,
    });
    expect(second).toMatchObject({ lastHash: null, count: 1, previousHash: first.hash });
    const said =
      `{"at":"${first.deletedAt.toISOString()}","collection":"c","count":7,"id":"${first.id}","key":null,` +
      `"lastHash":"${deletion.hash}","position":${first.position},"previousHash":"${first.previousHash}",` +
      `"sequence":${first.sequence},"user":null}`;
    expect(first.hash).toBe(sha256(said));
  });

  it("is not written where there was no collection", async () => {
    const answer = await test.call("DELETE", "/v1/collections/never");
    expect(answer.status).toBe(404);
    expect(answer.headers.get("anchorage-receipt")).toBeNull();
  });
});

it("a receipt names the key that deleted, and says from which sequence on no fit holds the anchors", async () => {
  const apiKey = "correct-horse-battery";
  const keyed = await openTestApp({ apiKey });
  const headers = { authorization: `Bearer ${apiKey}` };
  const call: TestApp["call"] = (method, path, body) => keyed.call(method, path, body, headers);
  await createCollection({ ...keyed, call }, "c");
  const { body } = await call("DELETE", `${base}/anchors/kept`);
  const { receipt: given, sequence } = body as { receipt: { id: string }; sequence: number };
  const hidden = receipt.parse((await call("GET", `${base}/receipts/${given.id}`)).body);
  expect(hidden).toMatchObject({ version: 2, key: "API_KEY", user: null, retainedBy: [], fitsFrom: null });
  await call("POST", `${base}/compact`);
  expect((await call("GET", `${base}/receipts/${given.id}`)).body).toMatchObject({ fitsFrom: sequence });
  await keyed.close();
});

it("a receipt names what was made with anchors of the collection and is kept", async () => {
  const adapter = { id: "captions", sha256: "0".repeat(64), sequence: 1 as Sequence, settings: {} };
  const collection = "c" as CollectionName;
  await saveAdapter(test.service.store, { ...adapter, collection, createdAt: new Date() }, Uint8Array.of(1));
  const { id } = await remove("a");
  const found = receipt.parse((await test.call("GET", `${base}/receipts/${id}`)).body);
  expect(found.retainedBy).toEqual(["adapter captions@1"]);
});
