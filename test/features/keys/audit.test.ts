import { mkdtemp, readFile, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { anchorOf, createCollection, listen, openTestApp } from "../../http/support.ts";

const ADMIN = "correct-horse-battery";
const authorization = `Bearer ${ADMIN}`;

const place = async (): Promise<string> => {
  const dataDir = await mkdtemp(join(tmpdir(), "anchorage-"));
  onTestFinished(() => rm(dataDir, { recursive: true }));
  return dataDir;
};

const entriesOf = async (dataDir: string): Promise<Record<string, unknown>[]> =>
  (await readFile(join(dataDir, "audit", "audit.jsonl"), "utf8"))
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as Record<string, unknown>);

it("the audit log names who changed what at which sequence, and nothing of the anchors", async () => {
  const dataDir = await place();
  const test = await openTestApp({ dataDir, apiKey: ADMIN });
  const headers = { authorization, "x-request-id": "r-1" };
  await createCollection(
    { ...test, call: (method, path, body) => test.call(method, path, body, headers) },
    "birds",
  );
  await test.call("PUT", "/v1/collections/birds/anchors", { anchors: [anchorOf("ann-smith")] }, headers);
  await test.call("GET", "/v1/collections/birds", undefined, headers);
  await test.call("DELETE", "/v1/collections/birds/anchors/ann-smith", undefined, headers);
  await test.call("DELETE", "/v1/collections/birds");
  await test.close();

  const entries = await entriesOf(dataDir);
  expect(entries.map(({ operation, status, sequence }) => [operation, status, sequence])).toEqual([
    ["createCollection", 201, 0],
    ["putAnchors", 200, 1],
    ["putAnchors", 200, 2],
    ["deleteAnchor", 200, 3],
    [null, 401, null],
  ]);
  expect(entries[1]).toMatchObject({ key: "API_KEY", user: null, collection: "birds", requestId: "r-1" });
  expect(JSON.stringify(entries)).not.toContain("ann-smith");
  expect((await stat(join(dataDir, "audit", "audit.jsonl"))).mode & 0o777).toBe(0o600);
});

it("a person is named by a trusted proxy's header, and by no other peer's", async () => {
  const named = async (trustedProxy: readonly string[]): Promise<unknown> => {
    const dataDir = await place();
    const test = await openTestApp({
      dataDir,
      apiKey: ADMIN,
      access: { trustedProxy, userHeader: "X-Forwarded-User" },
    });
    const { url } = await listen(test);
    await fetch(`${url}/v1/collections/none`, {
      method: "DELETE",
      headers: { authorization, "X-Forwarded-User": "ann@example.org" },
    });
    await test.close();
    return (await entriesOf(dataDir))[0]?.user;
  };
  expect(await named(["127.0.0.0/8"])).toBe("ann@example.org");
  expect(await named(["10.0.0.0/8"])).toBeNull();
});
