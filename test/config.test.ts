import { describe, expect, test } from "vitest";
import { isLoopback } from "../src/config.ts";

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
