import { afterAll, beforeAll, expect, test } from "vitest";
import { makeDataDir, NPM_START, outcomeOf, startService, type DataDir } from "./running.ts";

let dataDir: DataDir;

beforeAll(async () => {
  dataDir = await makeDataDir();
});

afterAll(() => dataDir.remove());

/** Everything that a service writes to stdout from its start to its end. */
const outputOf = async (
  environment: Record<string, string>,
  command?: readonly [string, ...string[]],
): Promise<string[]> => {
  const service = await startService(dataDir.path, environment, command);
  await service.end("SIGTERM");
  await expect.poll(() => service.output(), { timeout: 10_000 }).toContain("stopped");
  return service.output().trim().split("\n");
};

const LISTENING = /^listening on http:\/\/127\.0\.0\.1:\d+$/;

test("a service that writes to a pipe logs JSON lines, and says where it listens in one plain line", async () => {
  const lines = await outputOf({ LOG_FORMAT: "", npm_lifecycle_event: "" });
  expect(lines.filter((line) => LISTENING.test(line))).toHaveLength(1);
  const logged = lines
    .filter((line) => !LISTENING.test(line))
    .map((line) => JSON.parse(line) as Record<string, unknown>);
  expect(logged).toContainEqual({ level: "info", time: expect.any(String) as string, msg: "stopped" });
  expect(logged.some(({ msg }) => String(msg).includes("listening"))).toBe(false);
});

test("a service under npm logs text", async () => {
  const lines = await outputOf({ LOG_FORMAT: "" }, NPM_START);
  expect(lines.filter((line) => LISTENING.test(line))).toHaveLength(1);
  expect(lines.slice(-2)).toEqual(["stopping", "stopped"]);
});

test("a service logs no message below LOG_LEVEL, and where it listens all the same", async () => {
  const service = await startService(dataDir.path, { LOG_LEVEL: "error" });
  await service.end("SIGTERM");
  expect(service.output()).toMatch(/^listening on http:\S+\n$/);
});

test("a service refuses a format and a level that it does not know", async () => {
  const wrong = await outcomeOf(dataDir.path, { LOG_FORMAT: "xml", LOG_LEVEL: "loud" });
  expect(wrong.stderr).toBe(
    "LOG_FORMAT: must be text or json; LOG_LEVEL: must be one of debug, info, warn, error\n",
  );
});
