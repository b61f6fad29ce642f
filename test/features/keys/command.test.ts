import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { runScript } from "../../scripts/run-script.ts";
import { listen, openTestApp } from "../../http/support.ts";

const ADMIN = "correct-horse-battery";

it("the command makes, lists and revokes keys of a running service, and says what is wrong", async () => {
  const root = await mkdtemp(join(tmpdir(), "anchorage-"));
  const service = await openTestApp({ apiKey: ADMIN });
  onTestFinished(async () => {
    await service.close();
    await rm(root, { recursive: true });
  });
  const { url } = await listen(service);
  const keys = (...args: string[]) =>
    runScript("keys", [...args, ...(args.includes("--url") ? [] : ["--url", url])], root, { API_KEY: ADMIN });

  const made = await keys("add", "the camera", "--scope", "write", "--collection", "photos", "--days", "3");
  expect(made.status).toBe(0);
  const [, id = ""] = /^anchorage_([0-9a-f]{12})_[\w-]{43}\n$/.exec(made.stdout) ?? [];
  expect(made.stderr).toContain("this key is shown once");

  const listed = await keys("list");
  expect(listed.stdout).toMatch(
    new RegExp(`^id .*\n${id}  the camera  write  photos +- +\\d{4}-\\d\\d-\\d\\d  valid\n$`),
  );
  expect((await keys("revoke", id, "--json")).stdout).toContain(`"id":"${id}"`);
  expect((await keys("list")).stdout).toContain("revoked");

  const unknown = await keys("revoke", "000000000000");
  expect([unknown.status, unknown.stderr]).toEqual([6, 'keys revoke: There is no key "000000000000".\n']);
  const refused = await runScript("keys", ["list", "--url", url, "--api-key", "another-key-of-16"], root);
  expect([refused.status, refused.stdout]).toEqual([5, ""]);
  expect(refused.stderr).toContain("requires a key: give it by --api-key or ANCHORAGE_API_KEY");
  for (const args of [
    [],
    ["add"],
    ["add", "x"],
    ["list", "x"],
    ["list", "--scope", "read"],
    ["remove", id],
  ]) {
    const { status, stdout } = await keys(...args);
    expect([status, stdout], args.join(" ")).toEqual([2, ""]);
  }
}, 120_000);
