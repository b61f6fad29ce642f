import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";

const DECLARATION =
  /^export (?:declare |abstract |async )*(?:const|let|function\*?|class|interface|type|enum) (\w+)/gm;

/** Every module that a worker thread runs exports `open`, which `createWorker` calls: one meaning, many modules. */
const SHARED = new Set(["open"]);

describe("exported names", () => {
  it("are each declared in one file of src", async () => {
    const files = (await readdir("src", { recursive: true })).filter((file) => file.endsWith(".ts")).sort();
    const declaredIn = new Map<string, string[]>();
    for (const file of files) {
      const text = await readFile(join("src", file), "utf8");
      // A schema and its type, or a function's overloads, may share a name within a file.
      const names = new Set([...text.matchAll(DECLARATION)].map(([, name = ""]) => name));
      for (const name of names) declaredIn.set(name, [...(declaredIn.get(name) ?? []), file]);
    }

    expect(declaredIn.size).toBeGreaterThan(1_000);
    const repeated = [...declaredIn].filter(([name, places]) => places.length > 1 && !SHARED.has(name));
    expect(repeated.map(([name, places]) => `${name}: ${places.join(", ")}`)).toEqual([]);
  });
});
