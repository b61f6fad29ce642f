import { createServer, type AddressInfo } from "node:net";
import pg from "pg";
import { describe, expect, inject, onTestFinished, test } from "vitest";
import { connectionOf, createAuthenticationCheck } from "../../src/store/connection.ts";
import { runSql } from "../support/postgres.ts";

const PASSWORD = "the-superuser-s-password";
const SCRAM_URL = "?sslmode=disable&require_auth=scram-sha-256";

const message = (type: string, body: Buffer): Buffer => {
  const head = Buffer.alloc(5);
  head.write(type, "latin1");
  head.writeInt32BE(4 + body.length, 1);
  return Buffer.concat([head, body]);
};
const authentication = (code: number, more = ""): Buffer => {
  const head = Buffer.alloc(4);
  head.writeInt32BE(code);
  return message("R", Buffer.concat([head, Buffer.from(more)]));
};
const READY = message("Z", Buffer.from("I"));
const SASL = authentication(10, "SCRAM-SHA-256\0\0");
const FAILED = message("E", Buffer.from("SFATAL\0VFATAL\0C28000\0Mno\0\0"));

/** What a server learns that answers every login with `answer`. */
const learnedBy = async (answer: Buffer): Promise<{ readonly told: string; readonly error: unknown }> => {
  let told = "";
  const server = createServer((socket) => {
    let isAnswered = false;
    socket.on("error", () => undefined);
    socket.on("data", (bytes) => {
      // The first message names user and database.
      if (isAnswered) told += bytes.toString("latin1");
      else socket.write(answer);
      isAnswered = true;
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void server.close());
  const { port } = server.address() as AddressInfo;
  const url = `postgres://anchorage:${PASSWORD}@127.0.0.1:${port}/postgres${SCRAM_URL}`;
  const client = new pg.Client({ ...connectionOf(url), connectionTimeoutMillis: 2_000 });
  client.on("error", () => undefined);
  const error = await client.connect().then(
    () => client.query("SELECT 'secret'").then(() => null, String),
    (reason: unknown) => reason,
  );
  await client.end().catch(() => undefined);
  return { told, error };
};

describe("a connection that requires SCRAM", () => {
  test.each([
    ["in clear text", authentication(3)],
    ["as MD5", authentication(5, "salt")],
    ["not at all", Buffer.concat([authentication(0), READY])],
    ["in clear text after SCRAM has begun", Buffer.concat([SASL, authentication(3)])],
    ["in clear text after an error", Buffer.concat([FAILED, authentication(3)])],
    [
      "in clear text after a forged end of SCRAM",
      Buffer.concat([
        SASL,
        authentication(11, "r=x,s=eA==,i=1"),
        authentication(12, "v=eA=="),
        authentication(0),
        READY,
        authentication(3),
      ]),
    ],
  ])("tells nothing to a server that asks for the password %s", async (_, answer) => {
    const { told, error } = await learnedBy(answer);
    expect(told).not.toContain(PASSWORD);
    expect(told).not.toContain("secret");
    expect(error).not.toBeNull();
  });

  test("opens to a server that proves that it knows the password", async () => {
    expect(inject("postgresUrl")).toContain("require_auth=scram-sha-256");
    const client = new pg.Client(connectionOf(inject("postgresUrl")));
    await client.connect();
    // More than one chunk of the connection.
    const { rows } = await client.query<{ n: string }>(
      "SELECT repeat('x', 300000) AS n FROM generate_series(1, 9)",
    );
    expect(rows.map(({ n }) => n.length)).toEqual(Array.from({ length: 9 }, () => 300_000));
    await client.end();
    expect(await runSql("SELECT 1 AS one")).toEqual([{ one: 1 }]);
  });

  test("reads messages that arrive in any pieces", () => {
    const row = message("D", Buffer.alloc(40, "R"));
    const login = [SASL, authentication(11), authentication(12), authentication(0), READY];
    const stream = Buffer.concat([...login, row, row, row]);
    for (let size = 1; size <= stream.length; size++) {
      const check = createAuthenticationCheck();
      for (let at = 0; at < stream.length; at += size)
        expect(check(stream.subarray(at, at + size)), `pieces of ${size}`).toBe(true);
      expect(check(authentication(3))).toBe(false);
    }
  });

  test("knows no other method, and not TLS", () => {
    expect(() => connectionOf("postgres://a:b@c/d?require_auth=md5&sslmode=disable")).toThrow(
      "scram-sha-256",
    );
    expect(() => connectionOf("postgres://a:b@c/d?require_auth=scram-sha-256")).toThrow("verify-full");
  });
});
