import { describe, expect, it } from "vitest";
import { commandsOf } from "../../src/cli/run-command.ts";
import { COMMON_OPTIONS } from "../../src/cli/common-options.ts";
import { EXIT } from "../../src/command.ts";
import { FEATURES } from "../../src/features/index.ts";
import { PAGES } from "./pages.ts";

const page = PAGES.find(({ path }) => path === "docs/commands.md")?.prose ?? "";
const cells = (row: RegExp): string[] => [...page.matchAll(row)].map(([, cell = ""]) => cell);

describe("the page of commands", () => {
  it("has one question for each command", () => {
    const names = cells(/^\|[^|]+\? +\| `anchorage ([a-z -]+)` +\|$/gm);
    expect(names.toSorted()).toEqual(Object.keys(commandsOf(FEATURES)).toSorted());
  });

  it("has every common option", () => {
    const options = cells(/^\| `--([a-z-]+)` +\|/gm);
    expect(options.toSorted()).toEqual([...Object.keys(COMMON_OPTIONS), "help"].toSorted());
  });

  it("has every exit code", () => {
    expect(cells(/^\| (\d+) +\|/gm).map(Number)).toEqual(Object.values(EXIT));
  });
});
