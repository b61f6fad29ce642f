import { createReadStream } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createClient } from "../../../src/features/client.ts";
import { readBackup } from "../../../src/features/backup/read.ts";
import { openTestApp } from "../../http/support.ts";
import { listen, problemIn } from "../../http/support.ts";
import { temporaryDirectory } from "../../support/postgres.ts";
import {
  answersOf,
  backUp,
  closeOrigin,
  fillCollection,
  openOrigin,
  restoreTo,
  type Origin,
} from "./support.ts";

let origin: Origin;

beforeAll(async () => {
  origin = await openOrigin();
  await fillCollection(origin.test, "first");
}, 120_000);

afterAll(() => closeOrigin(origin));

describe("POST /v1/backup", () => {
  it("streams a backup that restores to the same answers", async () => {
    const { url } = await listen(origin.test);
    const file = join(await temporaryDirectory(), "backup");
    await writeFile(file, await createClient({ url }).backup());
    const { database } = await restoreTo([file]);
    expect(await answersOf(await openTestApp({ database }))).toEqual(await answersOf(origin.test));
  });

  it("streams nothing but receipts where they alone are asked for", async () => {
    const { url } = await listen(origin.test);
    const file = join(await temporaryDirectory(), "receipts");
    await writeFile(file, await createClient({ url }).backup({ contents: "receipts" }));
    const tables = new Set<string>();
    for await (const entry of readBackup(createReadStream(file), file))
      if (entry.kind === "part") tables.add(entry.table);
    expect([...tables]).toEqual(["collections", "receipts", "service_receipts"]);
  });

  it("refuses a base that is ahead of the collections", async () => {
    const { collections } = await headerOf(await backUp(origin.test.service.store));
    const [collection] = collections;
    if (collection === undefined) throw new Error("there is no collection");
    const { key, imageEncoder, textEncoder } = collection;
    const base = {
      id: "2f0c1d3e-0000-4000-8000-000000000000",
      createdAt: "2026-01-01T00:00:00.000Z",
      collections: [{ key, sequence: 99, imageEncoder, textEncoder }],
    };
    const answer = await origin.test.call("POST", "/v1/backup", { base });
    expect(problemIn(answer)).toMatchObject({
      status: 409,
      detail: expect.stringContaining("is older here") as string,
    });
  });

  it("refuses a key that may only write", async () => {
    const test = await openTestApp({ apiKey: "0123456789abcdef" });
    const admin = { authorization: "Bearer 0123456789abcdef" };
    const { body } = await test.call("POST", "/v1/keys", { name: "writer", scope: "write" }, admin);
    const writer = { authorization: `Bearer ${(body as { key: string }).key}` };
    expect((await test.call("POST", "/v1/backup", {}, writer)).status).toBe(403);
    expect((await test.call("POST", "/v1/backup", {}, admin)).status).toBe(200);
  });

  it("ends its transaction when the caller goes", async () => {
    const { url } = await listen(origin.test);
    const stream = await createClient({ url }).backup();
    await stream.cancel();
    await expect
      .poll(() => origin.test.call("POST", "/v1/collections/first/compact").then(({ status }) => status))
      .toBe(200);
  });
});

const headerOf = async (file: string) => {
  for await (const entry of readBackup(createReadStream(file), file))
    if (entry.kind === "header") return entry.header;
  throw new Error("there is no header");
};
