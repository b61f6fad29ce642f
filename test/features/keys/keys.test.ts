import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { ApiKeyBody, CreatedKeyBody, KeySpecBody } from "../../../src/features/keys/client.ts";
import { listKeys } from "../../../src/features/keys/table.ts";
import { anchorOf, createCollection, openTestApp, type Answer, type TestApp } from "../../http/support.ts";
import { freshDatabase } from "../../support/postgres.ts";

const ADMIN = "correct-horse-battery";

let test: TestApp;

const by =
  (key: string) =>
  (method: string, path: string, body?: unknown): Promise<Answer> =>
    test.call(method, path, body, { authorization: `Bearer ${key}` });

const admin = by(ADMIN);

const create = async (spec: KeySpecBody): Promise<CreatedKeyBody> => {
  const answer = await admin("POST", "/v1/keys", spec);
  expect(answer.status, JSON.stringify(answer.body)).toBe(201);
  return answer.body as CreatedKeyBody;
};

beforeAll(async () => {
  test = await openTestApp({ apiKey: ADMIN });
  const keyed: TestApp = { ...test, call: (method, path, body) => admin(method, path, body) };
  await createCollection(keyed, "birds");
  await createCollection(keyed, "plans");
});

afterAll(() => test.close());

describe("the scope of a key", () => {
  const search = { query: { anchor: "kept" }, target: "image" };
  const REQUESTS: readonly [
    needs: "read" | "write" | "admin",
    method: string,
    path: string,
    body?: unknown,
  ][] = [
    ["read", "GET", "/v1/collections/birds"],
    ["read", "GET", "/metrics"],
    ["read", "POST", "/v1/collections/birds/search", search],
    ["read", "POST", "/v1/collections/birds/anchors/exists", { ids: ["kept"] }],
    ["read", "POST", "/v1/rank-correlation", { x: [1, 2, 3], y: [1, 2, 3] }],
    ["write", "PUT", "/v1/collections/birds/anchors", { anchors: [anchorOf("new")] }],
    ["write", "DELETE", "/v1/collections/birds/anchors/none"],
    ["write", "POST", "/v1/collections/birds/anchors/delete", { ids: ["none"] }],
    ["admin", "POST", "/v1/collections", {}],
    ["admin", "PATCH", "/v1/collections/birds", {}],
    ["admin", "DELETE", "/v1/collections/none"],
    ["admin", "POST", "/v1/collections/birds/compact"],
    ["admin", "POST", "/v1/collections/birds/reencode", {}],
    ["admin", "GET", "/v1/keys"],
    ["admin", "POST", "/v1/keys", { name: "more", scope: "admin" }],
    ["admin", "DELETE", "/v1/keys/000000000000"],
  ];
  const SCOPES = ["read", "write", "admin"] as const;

  it.each(SCOPES)("%s allows what it names and everything below", async (scope) => {
    const { key } = await create({ name: scope, scope });
    for (const [needs, method, path, body] of REQUESTS) {
      const { status } = await by(key)(method, path, body);
      const allowed = SCOPES.indexOf(scope) >= SCOPES.indexOf(needs);
      expect(status === 403, `${method} ${path} by ${scope}: ${status}`).toBe(!allowed);
      expect(status).not.toBe(401);
    }
  });

  it("is documented for every operation", async () => {
    const { paths } = (await test.call("GET", "/openapi.json")).body as {
      paths: Record<string, Record<string, Record<string, unknown>>>;
    };
    for (const [path, item] of Object.entries(paths))
      for (const [method, operation] of Object.entries(item))
        expect(SCOPES, `${method} ${path}`).toContain(operation["x-scope"]);
  });
});

describe("a key for named collections", () => {
  let call: ReturnType<typeof by>;

  beforeAll(async () => {
    call = by((await create({ name: "camera", scope: "admin", collections: ["birds"] as string[] })).key);
  });

  it("uses its collections", async () => {
    expect((await call("GET", "/v1/collections/birds")).status).toBe(200);
  });

  it("answers another collection as one that does not exist", async () => {
    const hidden = await call("GET", "/v1/collections/plans");
    const absent = await call("GET", "/v1/collections/nothing");
    expect(hidden.status).toBe(404);
    expect((hidden.body as { detail: string }).detail.replace("plans", "nothing")).toBe(
      (absent.body as { detail: string }).detail,
    );
    expect((await call("DELETE", "/v1/collections/plans")).status).toBe(404);
  });

  it("lists no other collection", async () => {
    const { body } = await call("GET", "/v1/collections");
    expect((body as { collections: { name: string }[] }).collections.map(({ name }) => name)).toEqual([
      "birds",
    ]);
  });

  it("runs no consensus over another collection", async () => {
    const request = {
      collection: "plans",
      condition: {},
      generators: [{ name: "list", proposals: [{ steps: ["1 + 1 = 2"] }] }],
      scorers: [{ name: "arithmetic" }],
    };
    expect((await call("POST", "/v1/consensus", request)).status).toBe(404);
  });

  it("makes no keys, and reads no metrics, which name every collection", async () => {
    expect((await call("POST", "/v1/keys", { name: "more", scope: "read" })).status).toBe(403);
    expect((await call("GET", "/v1/keys")).status).toBe(403);
    expect((await call("GET", "/metrics")).status).toBe(403);
  });
});

describe("a key", () => {
  it("is stored as a hash alone", async () => {
    const { id, key } = await create({ name: "hashed", scope: "read" });
    const row = (await listKeys(test.service.store)).find((each) => each.id === id);
    expect(JSON.stringify(row)).not.toContain(key);
    expect(row?.hash).toHaveLength(32);
    expect(JSON.stringify((await admin("GET", "/v1/keys")).body)).not.toContain(key);
  });

  it("is refused once it is revoked", async () => {
    const { id, key } = await create({ name: "leaked", scope: "read" });
    expect((await by(key)("GET", "/v1/collections")).status).toBe(200);
    const revoked = (await admin("DELETE", `/v1/keys/${id}`)).body as ApiKeyBody;
    expect(revoked.revokedAt).not.toBeNull();
    expect((await by(key)("GET", "/v1/collections")).status).toBe(401);
    expect((await admin("DELETE", `/v1/keys/${id}`)).body).toEqual(revoked);
  });

  it("is refused with one character changed", async () => {
    const { key } = await create({ name: "typo", scope: "read" });
    const last = key.endsWith("A") ? "B" : "A";
    expect((await by(key.slice(0, -1) + last)("GET", "/v1/collections")).status).toBe(401);
  });

  it("is limited to its requests a minute", async () => {
    const { key } = await create({ name: "slow", scope: "read", perMinute: 3 });
    const statuses: number[] = [];
    for (let i = 0; i < 5; i++) statuses.push((await by(key)("GET", "/v1/collections")).status);
    expect(statuses).toEqual([200, 200, 200, 429, 429]);
    expect((await by(key)("GET", "/v1/collections")).headers.get("retry-after")).not.toBeNull();
    expect((await admin("GET", "/v1/collections")).status).toBe(200);
  });

  it.each([
    [{ scope: "read" }, "name"],
    [{ name: "x", scope: "root" }, "scope"],
    [{ name: "x", scope: "read", collections: [] }, "collections"],
    [{ name: "x", scope: "read", collections: ["No"] }, "collections.0"],
    [{ name: "x", scope: "read", perMinute: 0 }, "perMinute"],
    [{ name: "x", scope: "read", expiresAt: "2001-01-01T00:00:00Z" }, "expiresAt"],
    [{ name: "x", scope: "read", expiresAt: "tomorrow" }, "expiresAt"],
    [{ name: "x", scope: "read", colour: "red" }, "colour"],
  ])("is not made from %j", async (spec, path) => {
    const answer = await admin("POST", "/v1/keys", spec);
    expect(answer.status).toBe(400);
    expect((answer.body as { errors: { path: string }[] }).errors[0]?.path).toBe(path);
  });
});

describe("a service without API_KEY", () => {
  let open: TestApp;

  beforeEach(async () => {
    open = await openTestApp();
    return () => open.close();
  });

  it("requires a key as soon as one was made, and still when all are revoked", async () => {
    expect((await open.call("GET", "/v1/collections")).status).toBe(200);
    const { key, id } = (await open.call("POST", "/v1/keys", { name: "first", scope: "admin" }))
      .body as CreatedKeyBody;
    expect((await open.call("GET", "/v1/collections")).status).toBe(401);
    const authorization = `Bearer ${key}`;
    expect((await open.call("GET", "/v1/collections", undefined, { authorization })).status).toBe(200);
    await open.call("DELETE", `/v1/keys/${id}`, undefined, { authorization });
    expect((await open.call("GET", "/v1/collections")).status).toBe(401);
  });
});

it("a key that another service makes is accepted without a restart, and refused when that one revokes it", async () => {
  const database = await freshDatabase();
  const [one, other] = await Promise.all([
    openTestApp({ database, apiKey: ADMIN }),
    openTestApp({ database, apiKey: ADMIN }),
  ]);
  const authorization = `Bearer ${ADMIN}`;
  const made = (await one.call("POST", "/v1/keys", { name: "shared", scope: "read" }, { authorization }))
    .body as CreatedKeyBody;
  const asks = async (): Promise<number> =>
    (await other.call("GET", "/v1/collections", undefined, { authorization: `Bearer ${made.key}` })).status;
  await expect.poll(asks, { timeout: 10_000 }).toBe(200);
  await one.call("DELETE", `/v1/keys/${made.id}`, undefined, { authorization });
  await expect.poll(asks, { timeout: 10_000 }).toBe(401);
  await Promise.all([one.close(), other.close()]);
  await database.drop();
});
