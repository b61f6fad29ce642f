import { describe, expect, test } from "vitest";
import { lineLog, silentLog, formatMessage, withLogFields } from "../src/log.ts";
import { createServiceLog, type ServiceLogOptions } from "../src/service-log.ts";
import type { Log } from "../src/types.ts";

const openLog = (
  options: Partial<ServiceLogOptions> = {},
): { readonly log: Log; readonly lines: string[] } => {
  const lines: string[] = [];
  const write = (text: string): void => void lines.push(text);
  return { log: createServiceLog({ format: "json", level: "info", write, ...options }), lines };
};

describe("the service's log", () => {
  test("writes one JSON object a line, with time, level, fields and message", () => {
    const { log, lines } = openLog();
    log.info("12 anchors loaded", { collection: "pairs" });
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatch(/^\{.*\}\n$/);
    const { time, ...rest } = JSON.parse(lines[0] ?? "") as Record<string, unknown>;
    expect(rest).toEqual({ level: "info", msg: "12 anchors loaded", collection: "pairs" });
    expect(new Date(time as string).toISOString()).toBe(time);
  });

  test("keeps a message of several lines, and one that looks like JSON, in one line", () => {
    const { log, lines } = openLog();
    log.warn('one\ntwo"}\n{"level":"error"');
    expect(lines[0]?.trim().split("\n")).toHaveLength(1);
    expect(JSON.parse(lines[0] ?? "")).toMatchObject({ level: "warn", msg: 'one\ntwo"}\n{"level":"error"' });
  });

  test("holds the type, the message and the stack of an error", () => {
    const { log, lines } = openLog();
    log.error("defect", { error: new TypeError("out of range") });
    expect(JSON.parse(lines[0] ?? "")).toMatchObject({
      level: "error",
      error: {
        type: "TypeError",
        message: "out of range",
        stack: expect.stringContaining("test.ts") as string,
      },
    });
  });

  test.each([
    ["debug", ["debug", "info", "warn", "error"]],
    ["info", ["info", "warn", "error"]],
    ["warn", ["warn", "error"]],
    ["error", ["error"]],
  ] as const)("of level %s has messages of levels %j", (level, wanted) => {
    const { log, lines } = openLog({ level });
    for (const at of ["debug", "info", "warn", "error"] as const) log[at](at);
    expect(lines.map((line) => (JSON.parse(line) as { level: string }).level)).toEqual(wanted);
  });

  test("gives each line the fields of its child and of the work around it", async () => {
    const { log, lines } = openLog();
    const child = log.child({ collection: "pairs" });
    await withLogFields({ requestId: "r1" }, async () => {
      await Promise.resolve();
      withLogFields({ job: "j" }, () => child.info("inside", { rows: 2 }));
    });
    child.info("outside");
    const told = lines.map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(told[0]).toMatchObject({ requestId: "r1", job: "j", collection: "pairs", rows: 2, msg: "inside" });
    expect(told[1]).not.toHaveProperty("requestId");
  });

  test("writes text for a terminal", () => {
    const { log, lines } = openLog({ format: "text", level: "debug" });
    log.info("stopping");
    log.child({ collection: "pairs" }).warn("no snapshot was written: EFBIG");
    withLogFields({ requestId: "r1" }, () => log.debug("answered", { path: "/a b", status: 200 }));
    log.error("defect", { error: new RangeError("out of range") });
    expect(lines.slice(0, 3)).toEqual([
      "stopping\n",
      "warn: collection pairs: no snapshot was written: EFBIG\n",
      'debug: answered requestId=r1 path="/a b" status=200\n',
    ]);
    expect(lines[3]).toMatch(/^error: defect\nRangeError: out of range\n +at /);
  });
});

describe("a log of lines", () => {
  test("hands over messages of level info and above, with the fields of children", () => {
    const lines: string[] = [];
    const log = lineLog((line) => lines.push(line));
    log.debug("not told");
    log.info("told");
    log.child({ collection: "c" }).child({ rows: 3 }).warn("so");
    expect(lines).toEqual(["told", "warn: collection c: so rows=3"]);
  });

  test("keeps control characters from the terminal", () => {
    expect(formatMessage("info", "a\n\u001b[2Jb\u0000", { path: "c\nd" })).toBe('a [2Jb  path="c\\nd"');
  });

  test("may be silent", () => {
    silentLog.error("nothing is written", { error: new Error("anywhere") });
    expect(silentLog.child({ a: 1 })).toBeDefined();
  });
});
