import { mkdir, readdir, readFile, stat, truncate, writeFile } from "node:fs/promises";
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { openSigner, SIGNING_KEY_FILE } from "../../../src/features/erasing/signing.ts";
import { startEmbedded } from "../../../src/store/index.ts";
import { runScript } from "../../scripts/run-script.ts";
import { silentLog } from "../../support/log.ts";
import { freshDatabase, runSql, temporaryDirectory } from "../../support/postgres.ts";
import { backUp, closeOrigin, fillCollection, openOrigin, type Origin } from "./support.ts";

let origin: Origin;

beforeAll(async () => {
  origin = await openOrigin();
  await fillCollection(origin.test, "first");
}, 120_000);

afterAll(() => closeOrigin(origin));

/** Runs a command on the origin's database, or that of `url`. */
const run = async (name: string, args: readonly string[], dataDir: string, url = origin.database.url) =>
  runScript("anchorage", [name, ...args], dataDir, { DATABASE_URL: url });

describe("anchorage backup", () => {
  it("writes a file of mode 0600 that restore takes, with the signing key where it is asked for", async () => {
    const [from, to] = [await temporaryDirectory(), await temporaryDirectory()];
    const { publicKey } = await openSigner(from);
    await writeFile(join(from, "installation.id"), "the-installation\n");
    const file = join(from, "all.backup");
    const made = await run("backup", [file, "--with-signing-key"], from);
    expect([made.status, made.stdout]).toEqual([0, ""]);
    expect(made.stderr).toMatch(/backup: 1 collections, 24 anchors, \d+\.\d MiB in/);
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect(await readdir(from)).not.toContain("all.backup.part");
    const { url } = await freshDatabase();
    const restored = await run("restore", [file, "--without-receipts"], to, url);
    expect([restored.status, restored.stderr]).toEqual([0, expect.stringContaining("24 anchors as of")]);
    expect(restored.stderr).toContain("WARNING: anchors that were erased after");
    expect((await openSigner(to)).publicKey).toBe(publicKey);
    expect(await readFile(join(to, "installation.id"), "utf8")).toBe("the-installation\n");
  });

  it("says that the signing key was not restored where the backup does not hold it", async () => {
    const [from, to] = [await temporaryDirectory(), await temporaryDirectory()];
    await openSigner(from);
    const file = join(from, "all.backup");
    await run("backup", [file], from);
    const { url } = await freshDatabase();
    const { stderr } = await run("restore", [file, "--without-receipts"], to, url);
    expect(stderr).toContain("the private key that signs reports was not restored");
    expect(await readdir(to)).not.toContain(SIGNING_KEY_FILE);
  });

  it("streams to standard output, and restore from standard input", async () => {
    const dataDir = await temporaryDirectory();
    const { url } = await freshDatabase();
    const npm = `${process.execPath} --import tsx/esm scripts/anchorage.ts`;
    const { status, stderr } = spawnSync(
      "sh",
      ["-c", `DATABASE_URL=$FROM ${npm} backup - | DATABASE_URL=$TO ${npm} restore - --without-receipts`],
      {
        env: { ...process.env, DATA_DIR: dataDir, FROM: origin.database.url, TO: url },
        encoding: "utf8",
      },
    );
    expect([status, stderr]).toEqual([0, expect.stringContaining("1 collections, 24 anchors as of")]);
  });

  it("writes over no file, and leaves none behind when it fails", async () => {
    const dataDir = await temporaryDirectory();
    const file = join(dataDir, "kept");
    await writeFile(file, "kept");
    const { status, stderr } = await run("backup", [file], dataDir);
    expect([status, stderr]).toEqual([1, `backup: ${file} exists already; nothing is written over it.\n`]);
    const wrong = origin.database.url.replace(/:[^:@/]+@/, ":wrong@");
    const failed = await run("backup", [join(dataDir, "new")], dataDir, wrong);
    expect(failed.status).toBe(4);
    expect(failed.stderr).toMatch(/DATABASE_URL \(.*\): password authentication failed/);
    expect(failed.stderr).not.toContain("wrong@");
    expect(await readFile(file, "utf8")).toBe("kept");
    expect((await readdir(dataDir)).filter((name) => /new|part/.test(name))).toEqual([]);
  });

  it("leaves nothing behind when its disk is full", async (context) => {
    const dataDir = await temporaryDirectory();
    const disk = join(await temporaryDirectory(), "disk");
    await mkdir(disk);
    if (spawnSync("mount", ["-t", "tmpfs", "-o", "size=8k", "tmpfs", disk]).status !== 0)
      return context.skip("mounting a small disk needs root");
    onTestFinished(() => void spawnSync("umount", ["-l", disk]));
    const file = join(disk, "all.backup");
    const { status, stderr } = await run("backup", [file], dataDir);
    expect([status, stderr]).toEqual([
      4,
      expect.stringContaining(`The disk of ${file} is full; nothing is left of what was written.`),
    ]);
    expect(await readdir(disk)).toEqual([]);
  });
});

describe("anchorage restore", () => {
  it("asks for receipts, or for a word that there are none", async () => {
    const dataDir = await temporaryDirectory();
    const file = await backUp(origin.test.service.store);
    const { status, stderr } = await run("restore", [file], dataDir);
    expect(status).toBe(2);
    expect(stderr).toContain("anchors that were erased after the backup would come back");
  });

  it("says what was erased since and is not restored, and what is not known", async () => {
    const own = await openOrigin();
    await fillCollection(own.test, "first");
    const file = await backUp(own.test.service.store);
    await own.test.call("DELETE", "/v1/collections/first/anchors/c0-0");
    const receipts = await backUp(own.test.service.store, { contents: "receipts" });
    const { url } = await freshDatabase();
    const dataDir = await temporaryDirectory();
    const { status, stderr } = await run("restore", [file, "--receipts", receipts], dataDir, url);
    expect([status, stderr]).toEqual([
      0,
      expect.stringMatching(/1 deletions up to .* applied: 1 anchors were not restored \(24 hashes of ids\)/),
    ]);
    expect(stderr).toContain("is not known here");
    expect(await runSql("SELECT 1 FROM anchors WHERE id = 'c0-0'", url)).toEqual([]);
  });

  it("says before it starts that the disk has no room for an embedded server", async (context) => {
    const disk = join(await temporaryDirectory(), "disk");
    await mkdir(disk);
    if (spawnSync("mount", ["-t", "tmpfs", "-o", "size=120m", "tmpfs", disk]).status !== 0)
      return context.skip("mounting a small disk needs root");
    onTestFinished(() => void spawnSync("umount", ["-l", disk]));
    const dataDir = join(disk, "data");
    const server = await startEmbedded({ dataDir, log: silentLog });
    await server.stop();
    spawnSync("dd", ["if=/dev/zero", `of=${join(disk, "filler")}`, "bs=64k"]);
    await truncate(join(disk, "filler"), (await stat(join(disk, "filler"))).size - 18 * 1024 * 1024);
    const file = await backUp(origin.test.service.store);
    const { status, stderr } = await run("restore", [file, "--without-receipts"], dataDir, "");
    expect([status, stderr]).toEqual([
      4,
      expect.stringMatching(/The disk is full: [\d.]+ MiB are free and the restore needs [\d.]+ MiB\./),
    ]);
  });
});
