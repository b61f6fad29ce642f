import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import fc from "fast-check";
import { pack } from "tar-stream";
import { buffer } from "node:stream/consumers";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { isAnchorageError } from "../../../src/errors.ts";
import { entryChecksum } from "../../../src/features/backup/format.ts";
import { readBackup } from "../../../src/features/backup/read.ts";
import { runSql, temporaryDirectory } from "../../support/postgres.ts";
import { backUp, closeOrigin, fillCollection, openOrigin, restoreTo, type Origin } from "./support.ts";

let origin: Origin;
let file: string;
let whole: Buffer;

beforeAll(async () => {
  origin = await openOrigin();
  await fillCollection(origin.test, "first", 2);
  file = await backUp(origin.test.service.store);
  whole = await readFile(file);
}, 120_000);

afterAll(() => closeOrigin(origin));

const chunks = async function* (bytes: Buffer): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += 1_000)
    yield await Promise.resolve(bytes.subarray(at, at + 1_000));
};

/** What a reader gets from a file, in short. */
const entriesOf = async (bytes: Buffer): Promise<string[]> => {
  const entries: string[] = [];
  for await (const entry of readBackup(chunks(bytes), "backup"))
    entries.push(
      entry.kind === "part" ? `${entry.table} ${entryChecksum(entry.bytes)}` : JSON.stringify(entry),
    );
  return entries;
};

const refusalOf = async (bytes: Buffer): Promise<string> => {
  try {
    await entriesOf(bytes);
    return "";
  } catch (error) {
    if (!isAnchorageError(error) || error.code !== "corrupt-file") throw error;
    return error.message;
  }
};

/** The first entry of a backup of another version. */
const headerOnly = async (header: unknown): Promise<Buffer> => {
  const content = Buffer.from(JSON.stringify(header));
  const archive = pack();
  archive.entry({ name: `header/${entryChecksum(content)}.json` }, content);
  archive.finalize();
  return buffer(archive);
};

describe("a damaged backup", () => {
  it("is refused, or read as it was, whichever byte is changed", async () => {
    const intact = await entriesOf(whole);
    await fc.assert(
      fc.asyncProperty(fc.nat(whole.length - 1), fc.integer({ min: 1, max: 255 }), async (at, change) => {
        const bytes = Buffer.from(whole);
        bytes[at] = (bytes[at] ?? 0) ^ change;
        const read = await entriesOf(bytes).catch((error: unknown) => error);
        // Some bytes between entries mean nothing.
        if (Array.isArray(read)) expect(read).toEqual(intact);
        else expect(read).toMatchObject({ code: "corrupt-file" });
      }),
      { numRuns: 300 },
    );
  });

  it("is refused wherever it is cut off before its last entry", async () => {
    const end = whole.indexOf("summary/");
    await fc.assert(
      fc.asyncProperty(fc.nat(end + 511), async (length) => {
        expect(await refusalOf(whole.subarray(0, length))).not.toBe("");
      }),
      { numRuns: 100 },
    );
    expect(await refusalOf(whole.subarray(0, end))).toBe("backup: ends early: it is not a whole backup");
  });

  it("says which part is damaged", async () => {
    const bytes = Buffer.from(whole);
    const at = whole.indexOf("tables/anchors/") + 600;
    bytes[at] = (bytes[at] ?? 0) ^ 1;
    expect(await refusalOf(bytes)).toBe(
      "backup: is damaged: tables/anchors/000001 does not have its checksum",
    );
  });

  it("restores nothing", async () => {
    const bytes = Buffer.from(whole);
    const at = whole.indexOf("tables/vectors/") + 600;
    bytes[at] = (bytes[at] ?? 0) ^ 1;
    const damaged = join(await temporaryDirectory(), "damaged");
    await writeFile(damaged, bytes);
    const { database } = await openOrigin();
    await runSql(
      "DROP SCHEMA public CASCADE; DROP SCHEMA drizzle CASCADE; CREATE SCHEMA public",
      database.url,
    );
    await expect(restoreTo([damaged], { database })).rejects.toThrow("tables/vectors/000001");
    const tables = await runSql(
      "SELECT table_name FROM information_schema.tables WHERE table_schema IN ('public', 'drizzle')",
      database.url,
    );
    expect(tables).toEqual([]);
  });
});

describe("a file that is no backup for this version", () => {
  it.each([
    ["text", "backup: is damaged, or is not a backup of Anchorage", Buffer.alloc(2_000, "some text ")],
    ["nothing", "backup: is not a backup of Anchorage", Buffer.alloc(0)],
  ])("is refused if it is %s", async (_, message, bytes) => {
    expect(await refusalOf(bytes)).toBe(message);
  });

  it("is refused with the format that it has", async () => {
    expect(await refusalOf(await headerOnly({ format: "anchorage-backup", version: 2 }))).toBe(
      "backup: is a backup in format 2, and this version of Anchorage reads format 1",
    );
  });

  it("is refused if another program made it", async () => {
    expect(await refusalOf(await headerOnly({ format: "other" }))).toBe(
      "backup: has a header that this version of Anchorage does not understand",
    );
  });
});

describe("a target", () => {
  it("that holds anything is refused", async () => {
    await expect(restoreTo([file], { database: origin.database })).rejects.toThrow(
      "There is something already, in the table encoders",
    );
  });

  it("whose tables are empty is restored into", async () => {
    const empty = await openOrigin();
    await empty.test.close();
    const { restored } = await restoreTo([file], { database: empty.database });
    expect(restored.rows.get("anchors")).toBe(8);
  });

  it("is left empty by a restore that is stopped", async () => {
    const { database } = await openOrigin();
    await expect(restoreTo([file], { database, signal: AbortSignal.abort() })).rejects.toMatchObject({
      code: "cancelled",
    });
    expect(await runSql("SELECT 1 FROM encoders", database.url)).toEqual([]);
  });
});
