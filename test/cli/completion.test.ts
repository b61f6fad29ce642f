import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { beforeAll, describe, expect, it } from "vitest";
import { completionScript } from "../../src/cli/completion.ts";
import { commandsOf } from "../../src/cli/run-command.ts";
import { FEATURES } from "../../src/features/index.ts";

const table = commandsOf(FEATURES);
let bash = "";
beforeAll(async () => {
  bash = await completionScript("bash", table);
});

/** What bash offers for the last of `words`. */
const offered = async (...words: string[]): Promise<string[]> => {
  const typed = words.map((word) => `'${word}'`).join(" ");
  const { stdout } = await promisify(execFile)("bash", [
    "-c",
    `${bash}\nCOMP_WORDS=(${typed}); COMP_CWORD=${words.length - 1}; _anchorage; printf '%s\\n' "\${COMPREPLY[@]}"`,
  ]);
  return stdout.trim().split("\n");
};

describe("completion in bash", () => {
  it("offers commands by their first letters", async () => {
    expect(await offered("anchorage", "cla")).toEqual(["classify"]);
  });

  it("offers the commands of a group", async () => {
    expect(await offered("anchorage", "keys", "")).toEqual(["add", "list", "revoke", "--help"]);
  });

  it("offers own and common options of a command", async () => {
    expect(await offered("anchorage", "keys", "add", "x", "--")).toEqual(
      expect.arrayContaining(["--scope", "--url", "--json", "--help"]),
    );
  });

  it("offers the values of an option", async () => {
    expect(await offered("anchorage", "keys", "add", "x", "--scope", "")).toEqual(["read", "write", "admin"]);
  });
});

describe("completion in fish", () => {
  it("has a line for every command", async () => {
    const fish = await completionScript("fish", table);
    for (const [name, { summary }] of Object.entries(table)) {
      expect(fish).toContain(`-a ${name.split(" ").at(-1) ?? ""} -d '${summary.replaceAll("'", "\\'")}'`);
    }
  });
});
