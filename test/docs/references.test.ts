import { execFile } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { promisify } from "node:util";
import pLimit from "p-limit";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { FAULTS } from "../../research/chaos/faults.ts";
import { commandsOf } from "../../src/cli/run-command.ts";
import { FEATURES } from "../../src/features/index.ts";
import { commandsIn, headingAnchors, PAGES, ROOT, type Page } from "./pages.ts";

const README_LINES = 230;

const { scripts } = z
  .object({ scripts: z.record(z.string(), z.string()) })
  .parse(JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")));

const codeSpans = ({ prose }: Page): string[] =>
  [...prose.matchAll(/`([^`]+)`/g)].map(([, code = ""]) => code.replaceAll(/\s+/g, " "));

/** What a reader may type: commands of blocks, and code within sentences. */
const codeOf = (page: Page): string[] => [
  ...page.blocks.filter(({ language }) => language === "sh").flatMap(({ text }) => commandsIn(text)),
  ...codeSpans(page),
];

const RUN = /\bnpm run (?:-s )?([a-z][\w:-]*)/g;
const FLAG = /(?<![\w-])--[a-z][a-z0-9-]*/g;

interface Given {
  readonly script: string;
  readonly flag: string;
}

const COMMANDS = Object.keys(commandsOf(FEATURES));

/** The command of `anchorage NAME ...`, such as `anchorage keys add`; null for a name that no command has. */
const commandOf = (typed: string): string | null => {
  const [first = "", second = ""] = typed.split(" ");
  const known = [`${first} ${second}`, first].find((name) => COMMANDS.includes(name));
  return known === undefined ? null : `anchorage ${known}`;
};

const ANCHORAGE = /(?:^|[|;&] *)anchorage ((?:[a-z][\w-]*)(?: [a-z][\w-]*)?)(.*)$/;

/** The options that commands give to scripts. */
const flagsGiven = (page: Page): Given[] =>
  codeOf(page).flatMap((code) => {
    const [, typed, more = ""] = ANCHORAGE.exec(code) ?? [];
    const [, run, given = ""] = /\bnpm run (?:-s )?([a-z][\w:-]*) -- (.*)$/.exec(code) ?? [];
    const script = typed === undefined ? run : (commandOf(typed) ?? undefined);
    const rest = typed === undefined ? given : more;
    return script === undefined ? [] : [...rest.matchAll(FLAG)].map(([flag]) => ({ script, flag }));
  });

/** The names after `anchorage` that no command has. */
const unknownCommands = (page: Page): string[] =>
  codeOf(page).flatMap((code) => {
    const [, typed] = ANCHORAGE.exec(code) ?? [];
    const isGroup = COMMANDS.some((name) => name.startsWith(`${typed} `));
    return typed === undefined || isGroup || commandOf(typed) !== null ? [] : [typed];
  });

/** Options that stand in a sentence without their command. */
const flagsNamed = (page: Page): string[] =>
  codeSpans(page).flatMap((code) => (/^--[a-z]/.test(code) ? [...code.matchAll(FLAG)].map(String) : []));

/** The scripts that a page names and that have options of their own. */
const withOptions = (page: Page): string[] => {
  const run = codeOf(page).flatMap((code) => [...code.matchAll(RUN)].map(([, script = ""]) => script));
  const named = codeSpans(page).filter((code) => scripts[code] !== undefined);
  const commands = codeOf(page).flatMap((code) => commandOf(ANCHORAGE.exec(code)?.[1] ?? "") ?? []);
  return [...new Set([...run, ...named, ...commands])].filter(
    (name) =>
      name.startsWith("anchorage ") ||
      (!/^(?:bench:|build$|build:|start$|test$)/.test(name) && scripts[name]?.startsWith("node ") !== false),
  );
};

const helps = new Map<string, Promise<string>>();
const limit = pLimit(2);

/** What a script says of its options. */
const helpOf = (script: string): Promise<string> => {
  const known = helps.get(script);
  if (known !== undefined) return known;
  const [program = "", ...name] = script.split(" ");
  const [, ...start] = (scripts[program] ?? "").split(" ");
  const args = [...start, ...name];
  const help = limit(() => promisify(execFile)(process.execPath, [...args, "--help"], { cwd: ROOT })).then(
    ({ stdout }) => stdout,
  );
  helps.set(script, help);
  return help;
};

const knows = async ({ script, flag }: Given): Promise<boolean> =>
  flag === "--help" || new RegExp(`^ +${flag}\\b(?!-)`, "m").test(await helpOf(script));

describe.each(PAGES)("$path", (page) => {
  it("names npm scripts that exist", () => {
    const named = codeOf(page).flatMap((code) => [...code.matchAll(RUN)].map(([, script = ""]) => script));
    expect(named.filter((script) => scripts[script] === undefined)).toEqual([]);
  });

  it("names commands that exist", () => {
    expect(unknownCommands(page)).toEqual([]);
  });

  it("gives scripts options that they have", { timeout: 300_000 }, async () => {
    const given = flagsGiven(page);
    const known = await Promise.all(given.map(knows));
    expect(given.filter((_, i) => known[i] === false)).toEqual([]);
  });

  it("names options that a script of the page has", { timeout: 300_000 }, async () => {
    const flags = flagsNamed(page);
    const known = await Promise.all(
      flags.map((flag) => Promise.all(withOptions(page).map((script) => knows({ script, flag })))),
    );
    expect(flags.filter((_, i) => known[i]?.includes(true) !== true)).toEqual([]);
  });

  it("links to pages, images and headings that exist", () => {
    const links = [...page.prose.matchAll(/\]\(([^)\s]+)\)/g)]
      .map(([, target = ""]) => target)
      .filter((target) => !/^[a-z]+:/.test(target));
    const broken = links.filter((target) => {
      const [file = "", anchor] = target.split("#");
      const path = file === "" ? page.path : normalize(join(dirname(page.path), file));
      if (!existsSync(join(ROOT, path))) return true;
      if (anchor === undefined) return false;
      const linked = PAGES.find((each) => each.path === path);
      return linked === undefined || !headingAnchors(linked).has(anchor);
    });
    expect(broken).toEqual([]);
  });

  it("names files of the repository that exist", () => {
    const named = [...codeSpans(page), ...page.blocks.map(({ text }) => text)].flatMap((code) =>
      [
        ...code.matchAll(/(?<![\w/.-])(?:\.\/)?((?:src|test|scripts|research|docs|indexes)\/[\w./-]*\w)/g),
      ].map(([, path = ""]) => path),
    );
    const builtOrStored = (path: string): boolean => /^indexes\/\d/.test(path);
    expect(named.filter((path) => !builtOrStored(path) && !existsSync(join(ROOT, path)))).toEqual([]);
  });
});

/** What the installation of a dependency reads. */
const OF_PACKAGES = ["ONNXRUNTIME_NODE_INSTALL"];

describe("environment variables", () => {
  const known = [...readFileSync(join(ROOT, "src/config.ts"), "utf8").matchAll(/^ {4}([A-Z][A-Z_]+):/gm)].map(
    ([, name = ""]) => name,
  );

  it("are all in the table of settings, and no others", () => {
    const settings = PAGES.find(({ path }) => path === "docs/settings.md");
    const rows = [...(settings?.prose.matchAll(/^\| `([A-Z][A-Z_]+)`/gm) ?? [])].map(([, name = ""]) => name);
    expect(rows.toSorted()).toEqual(known.toSorted());
  });

  it.each(PAGES)("of $path exist", (page) => {
    const assigned = page.blocks
      .filter(({ language }) => language === "sh")
      .flatMap(({ text }) => commandsIn(text))
      .flatMap((command) => [...command.matchAll(/(?:^|\s)([A-Z][A-Z_]+)=/g)].map(([, name = ""]) => name));
    const named = codeSpans(page).flatMap((code) => /^([A-Z]+(?:_[A-Z]+)+)(?:$|[=/ ])/.exec(code)?.[1] ?? []);
    const others = [...known, ...OF_PACKAGES];
    expect([...assigned, ...named].filter((name) => !others.includes(name))).toEqual([]);
  });
});

describe("the promises of docs/reliability.md", () => {
  const page = PAGES.find(({ path }) => path === "docs/reliability.md");
  const tables = page?.prose.split(/\n\n+/).filter((block) => block.startsWith("| promise")) ?? [];
  const rows = tables
    .flatMap((table) => table.trim().split("\n").slice(2))
    .map((row) => {
      const [, promise = "", shownBy = ""] = row.split("|");
      return { promise: promise.trim(), shownBy };
    });

  it("each name tests that exist, or faults of npm run chaos that exist", () => {
    expect(rows.length).toBeGreaterThan(40);
    const faults = FAULTS.map(({ name }) => name);
    const wrong = rows.flatMap(({ promise, shownBy }) => {
      const tests = [...shownBy.matchAll(/test\/[\w/-]+\.test\.ts/g)].map(String);
      const only = [...shownBy.matchAll(/--only ([\w-]+)/g)].map(([, name = ""]) => name);
      const isShown =
        tests.length > 0 &&
        tests.every((test) => existsSync(join(ROOT, test))) &&
        only.every((name) => faults.includes(name));
      return isShown ? [] : [promise];
    });
    expect(wrong).toEqual([]);
  });

  it("name every fault of npm run chaos", () => {
    expect(FAULTS.filter(({ name }) => page?.prose.includes(`--only ${name}`) !== true)).toEqual([]);
  });
});

describe("the pages together", () => {
  it("keep the README short", () => {
    const readme = PAGES.find(({ path }) => path === "README.md");
    expect(readme?.text.split("\n").length).toBeLessThanOrEqual(README_LINES);
  });

  it("are all in the index", () => {
    const index = PAGES.find(({ path }) => path === "docs/README.md")?.text ?? "";
    const pages = PAGES.filter(({ path }) => path.startsWith("docs/") && path !== "docs/README.md");
    expect(pages.filter(({ path }) => !index.includes(`(${path.slice("docs/".length)})`))).toEqual([]);
  });
});
