import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { writeOut } from "../../../src/features/files/out-file.ts";
import { temporaryDirectory } from "../../support/postgres.ts";

const chunks = async function* (texts: readonly string[], failure?: Error): AsyncGenerator<Uint8Array> {
  for (const text of texts) yield await Promise.resolve(Buffer.from(text));
  if (failure !== undefined) throw failure;
};

describe("a file that is written as a whole", () => {
  it("is there once it is complete, and not before", async () => {
    const folder = await temporaryDirectory();
    const seen: string[][] = [];
    const watched = async function* (): AsyncGenerator<Uint8Array> {
      yield Buffer.from("one");
      seen.push(await readdir(folder));
      yield Buffer.from("two");
    };
    await writeOut(join(folder, "all"), watched());
    expect(seen).toEqual([["all.part"]]);
    expect(await readdir(folder)).toEqual(["all"]);
    expect(await readFile(join(folder, "all"), "utf8")).toBe("onetwo");
  });

  it("is not there if what is written fails or is stopped", async () => {
    const folder = await temporaryDirectory();
    const failing = writeOut(join(folder, "all"), chunks(["one"], new Error("stopped")));
    await expect(failing).rejects.toThrow("stopped");
    expect(await readdir(folder)).toEqual([]);
  });

  it("replaces no file that was made meanwhile", async () => {
    const path = join(await temporaryDirectory(), "all");
    const meanwhile = async function* (): AsyncGenerator<Uint8Array> {
      await writeFile(path, "other");
      yield Buffer.from("one");
    };
    await expect(writeOut(path, meanwhile())).rejects.toThrow(`${path} exists already`);
    expect(await readFile(path, "utf8")).toBe("other");
  });

  it("writes over what a killed command left of it", async () => {
    const folder = await temporaryDirectory();
    await writeFile(join(folder, "all.part"), "left behind");
    await writeOut(join(folder, "all"), chunks(["one"]));
    expect(await readdir(folder)).toEqual(["all"]);
    expect(await readFile(join(folder, "all"), "utf8")).toBe("one");
  });

  it("is not written twice at once", async () => {
    const path = join(await temporaryDirectory(), "all");
    let second: Promise<void> | undefined;
    const first = writeOut(
      path,
      (async function* () {
        yield Buffer.from("one");
        second = writeOut(path, chunks(["two"]));
        await expect(second).rejects.toThrow(`${path}.part is there: another command is writing it.`);
      })(),
    );
    await first;
    expect(await readFile(path, "utf8")).toBe("one");
  });

  it("cannot be in a folder that does not exist", async () => {
    const path = join(await temporaryDirectory(), "none", "all");
    await expect(writeOut(path, chunks(["one"]))).rejects.toThrow(`${path} cannot be written`);
  });
});
