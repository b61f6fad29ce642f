import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { isLoopback, readConfig } from "../src/config.ts";

describe("isLoopback", () => {
  test.each([
    "localhost",
    "LOCALHOST",
    "app.localhost",
    "127.0.0.1",
    "127.255.0.9",
    "::1",
    "[::1]",
    "0:0:0:0:0:0:0:1",
  ])("accepts %s", (host) => expect(isLoopback(host)).toBe(true));

  test.each([
    "0.0.0.0",
    "::",
    "10.0.0.1",
    "128.0.0.1",
    "127.0.0.1.example.com",
    "127.999.1.1",
    "127.1",
    "0x7f.0.0.1",
    "2130706433",
    "::ffff:127.0.0.1",
    "localhost.example.com",
    "notlocalhost",
    "[localhost]",
    "",
  ])("refuses %j", (host) => expect(isLoopback(host)).toBe(false));
});

describe("settings of access", () => {
  test("are lists, none by default", () => {
    expect(readConfig({})).toMatchObject({
      allowedOrigins: [],
      publicHosts: [],
      trustedProxy: [],
      userHeader: null,
    });
    expect(
      readConfig({
        ALLOWED_ORIGINS: "https://app.example, http://localhost:3000",
        PUBLIC_HOSTS: "vectors.example",
        TRUSTED_PROXY: "10.0.0.0/8 ::1",
        USER_HEADER: "X-User",
      }),
    ).toMatchObject({
      allowedOrigins: ["https://app.example", "http://localhost:3000"],
      publicHosts: ["vectors.example"],
      trustedProxy: ["10.0.0.0/8", "::1"],
      userHeader: "X-User",
    });
  });

  test.each([
    [{ ALLOWED_ORIGINS: "*" }, "ALLOWED_ORIGINS"],
    [{ ALLOWED_ORIGINS: "https://app.example/" }, "ALLOWED_ORIGINS"],
    [{ ALLOWED_ORIGINS: "null" }, "ALLOWED_ORIGINS"],
    [{ PUBLIC_HOSTS: "https://a.example" }, "PUBLIC_HOSTS"],
    [{ TRUSTED_PROXY: "proxy", USER_HEADER: "X-User" }, "TRUSTED_PROXY"],
    [{ USER_HEADER: "X-User" }, "TRUSTED_PROXY"],
    [{ TRUSTED_PROXY: "10.0.0.1" }, "USER_HEADER"],
    [{ API_KEY: "a key with spaces 123" }, "API_KEY"],
    [{ API_KEY: "correct-horse-b\u00e4ttery" }, "API_KEY"],
    [{ API_KEY: "correct-horse-battery\n" }, "API_KEY"],
    [{ API_KEY_FILE: "/nowhere" }, "API_KEY_FILE"],
    [{ API_KEY_FILE: "/nowhere", API_KEY: "correct-horse-battery" }, "API_KEY_FILE"],
  ])("refuse %j by name", (environment, name) => {
    expect(() => readConfig(environment)).toThrow(name);
  });

  test("take a secret from a file, without the line's end", async () => {
    const folder = await mkdtemp(join(tmpdir(), "anchorage-"));
    onTestFinished(() => rm(folder, { recursive: true }));
    await writeFile(join(folder, "key"), "correct-horse-battery\n");
    expect(readConfig({ API_KEY_FILE: join(folder, "key") }).apiKey).toBe("correct-horse-battery");
  });
});
