import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openSessions } from "../../../src/features/keys/sessions.ts";
import { openKeyRing } from "../../../src/features/keys/key-ring.ts";
import type { CreatedKeyBody } from "../../../src/features/keys/client.ts";
import { openTestApp, type Answer, type TestApp } from "../../http/support.ts";

const ADMIN = "correct-horse-battery";

let test: TestApp;

beforeAll(async () => {
  test = await openTestApp({ apiKey: ADMIN });
});

afterAll(() => test.close());

const signIn = (key: string, headers: Record<string, string> = {}): Promise<Answer> =>
  test.call("POST", "/v1/session", { key }, headers);

const cookieOf = ({ headers }: Answer): string => headers.get("set-cookie")?.split(";")[0] ?? "";

const create = async (spec: object): Promise<CreatedKeyBody> =>
  (await test.call("POST", "/v1/keys", spec, { authorization: `Bearer ${ADMIN}` })).body as CreatedKeyBody;

describe("a session", () => {
  it("is a cookie that scripts cannot read and other sites cannot send", async () => {
    const answer = await signIn(ADMIN);
    expect(answer).toMatchObject({
      status: 200,
      body: { key: "API_KEY", scope: "admin", collections: null },
    });
    const cookie = answer.headers.get("set-cookie") ?? "";
    expect(cookie).toMatch(/^anchorage_session=.+; Max-Age=43200; Path=\/; HttpOnly; SameSite=Strict$/);
    expect(cookie).not.toContain(ADMIN);
    expect((await signIn(ADMIN, { "x-forwarded-proto": "https" })).headers.get("set-cookie")).toContain(
      "Secure",
    );
  });

  it("allows what its key allows, and says what that is", async () => {
    const { key, id } = await create({ name: "reader", scope: "read" });
    const cookie = cookieOf(await signIn(key));
    expect((await test.call("GET", "/v1/collections", undefined, { cookie })).status).toBe(200);
    expect((await test.call("POST", "/v1/collections", {}, { cookie })).status).toBe(403);
    expect((await test.call("GET", "/v1/session", undefined, { cookie })).body).toMatchObject({
      key: id,
      scope: "read",
    });
  });

  it("ends when its key is revoked", async () => {
    const { key, id } = await create({ name: "short", scope: "read" });
    const cookie = cookieOf(await signIn(key));
    await test.call("DELETE", `/v1/keys/${id}`, undefined, { authorization: `Bearer ${ADMIN}` });
    expect((await test.call("GET", "/v1/collections", undefined, { cookie })).status).toBe(401);
  });

  it("ends when it is signed out", async () => {
    const cookie = cookieOf(await signIn(ADMIN));
    const out = await test.call("DELETE", "/v1/session", undefined, { cookie });
    expect(out.status).toBe(204);
    expect(out.headers.get("set-cookie")).toContain("Max-Age=0");
    expect((await test.call("GET", "/v1/collections", undefined, { cookie })).status).toBe(401);
  });

  it("is refused from a page of another origin", async () => {
    const cookie = cookieOf(await signIn(ADMIN));
    const answer = await test.call("DELETE", "/v1/collections/c", undefined, {
      cookie,
      origin: "https://evil.example",
    });
    expect(answer.status).toBe(403);
  });

  it("outlives a restart", async () => {
    const before = openSessions(openKeyRing(test.service.store), ADMIN);
    const started = await before.start({ key: "API_KEY", scope: "admin", collections: null });
    const after = openSessions(openKeyRing(test.service.store), ADMIN);
    expect((await after.find(started?.token ?? ""))?.caller.key).toBe("API_KEY");
    const changedKey = openSessions(openKeyRing(test.service.store), "another-horse-battery");
    expect(await changedKey.find(started?.token ?? "")).toBeNull();
  });

  it("is not made of a wrong key, and not by a request that says nothing", async () => {
    expect((await signIn(`${ADMIN}x`)).status).toBe(401);
    expect((await test.call("POST", "/v1/session", {})).status).toBe(400);
    expect((await test.call("GET", "/v1/session")).status).toBe(401);
  });

  it.each(["API_KEY.9999999999999.forged", "", "x", `API_KEY.9999999999999.${"A".repeat(43)}`])(
    "is refused where the token is %j",
    async (token) => {
      const cookie = `anchorage_session=${token}`;
      expect((await test.call("GET", "/v1/collections", undefined, { cookie })).status).toBe(401);
    },
  );
});
