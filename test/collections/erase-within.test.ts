import { afterAll, beforeAll, expect, it, vi } from "vitest";
import { eraseWithin } from "../../src/collections/index.ts";
import { listReceipts } from "../../src/store/index.ts";
import { silentLog } from "../../src/log.ts";
import type { CollectionName } from "../../src/types.ts";
import { createCollection, openTestApp, type TestApp } from "../http/support.ts";

let test: TestApp;

beforeAll(async () => {
  test = await openTestApp();
  await createCollection(test, "c");
  await createCollection(test, "quiet");
});

afterAll(() => test.close());

it("what was deleted is erased within the time, and collections without deletions are left alone", async () => {
  await test.call("DELETE", "/v1/collections/c/anchors/kept");
  const metrics = (await test.call("GET", "/metrics")).body as string;
  expect(metrics).toMatch(/anchorage_oldest_hidden_deletion_seconds\{collection="c"\} 0\.\d+/);
  const stopping = new AbortController();
  const erasing = eraseWithin(test.service, 2_000, stopping.signal, silentLog);
  const stateOf = async (name: string): Promise<string[]> => {
    const record = (await test.service.collections.find(name as CollectionName)).record;
    const chain = await listReceipts(test.service.store, record, { after: 0, limit: 10 });
    return chain.map(({ kind }) => kind);
  };
  await vi.waitFor(async () => expect(await stateOf("c")).toEqual(["deletion", "erasure"]), 20_000);
  expect(await stateOf("quiet")).toEqual([]);
  const after = (await test.call("GET", "/metrics")).body as string;
  expect(after).toContain('anchorage_oldest_hidden_deletion_seconds{collection="c"} 0\n');
  stopping.abort();
  await erasing;
}, 30_000);

it("nothing is erased before its time", async () => {
  await createCollection(test, "early");
  await test.call("DELETE", "/v1/collections/early/anchors/kept");
  const stopping = new AbortController();
  const erasing = eraseWithin(test.service, 3_600_000, stopping.signal, silentLog);
  await vi.waitFor(async () => {
    const { body } = await test.call("GET", "/v1/collections/early/receipts");
    expect(body).toMatchObject({ receipts: [{ state: "hidden" }] });
  });
  stopping.abort();
  await erasing;
  const { body } = await test.call("GET", "/v1/jobs");
  expect((body as { jobs: { subject: string }[] }).jobs.map(({ subject }) => subject)).not.toContain("early");
});
