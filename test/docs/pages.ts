import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

export const ROOT = fileURLToPath(new URL("../../", import.meta.url));

/** A fenced block of a page. */
export interface Block {
  /** Of its fence, from 1. */
  readonly line: number;
  /** Such as `sh`; empty for shown output. */
  readonly language: string;
  readonly text: string;
  /** Why it is only checked and never run: from `<!-- not run: reason -->` above it. */
  readonly notRun: string | null;
  /** Whether nothing but empty lines lies between it and the block before. */
  readonly follows: boolean;
}

/** A Markdown page. */
export interface Page {
  /** From the root of the repository. */
  readonly path: string;
  readonly text: string;
  /** The text outside fenced blocks. */
  readonly prose: string;
  readonly blocks: readonly Block[];
}

const FENCE = /^```(\w*)\s*$/;
const NOT_RUN = /^<!-- not run: (\S.*) -->$/;

/** Splits a page into its prose and its fenced blocks. */
export const parsePage = (path: string, text: string): Page => {
  const prose: string[] = [];
  const blocks: Block[] = [];
  let open: { readonly block: Omit<Block, "text">; readonly lines: string[] } | undefined;
  let notRun: string | null = null;
  let follows = false;
  for (const [i, line] of text.split("\n").entries()) {
    const fence = FENCE.exec(line);
    if (open !== undefined && fence === null) {
      open.lines.push(line);
    } else if (open !== undefined) {
      blocks.push({ ...open.block, text: open.lines.join("\n") });
      open = undefined;
      follows = true;
    } else if (fence !== null) {
      open = { block: { line: i + 1, language: fence[1] ?? "", notRun, follows }, lines: [] };
      notRun = null;
    } else {
      prose.push(line);
      if (line.trim() === "") continue;
      // A reason holds for the next block, with nothing but empty lines between.
      notRun = NOT_RUN.exec(line)?.[1] ?? null;
      follows = false;
    }
  }
  return { path, text, prose: prose.join("\n"), blocks };
};

const readPage = (path: string): Page => parsePage(path, readFileSync(join(ROOT, path), "utf8"));

/** The pages whose commands and links readers rely on. */
export const PAGES: readonly Page[] = [
  "README.md",
  "ARCHITECTURE.md",
  "CHANGELOG.md",
  ...readdirSync(join(ROOT, "docs"))
    .filter((name) => name.endsWith(".md"))
    .sort()
    .map((name) => `docs/${name}`),
].map(readPage);

/** The anchors of a page's headings, as GitHub makes them. */
export const headingAnchors = ({ prose }: Page): Set<string> => {
  const anchors = new Set<string>();
  for (const [, title = ""] of prose.matchAll(/^#{1,6} (.+)$/gm)) {
    const base = title
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}\p{M}_\- ]/gu, "")
      .replaceAll(" ", "-");
    let anchor = base;
    for (let again = 1; anchors.has(anchor); again++) anchor = `${base}-${again}`;
    anchors.add(anchor);
  }
  return anchors;
};

/** The commands of a shell block, with continued lines joined and comments dropped. */
export const commandsIn = (shell: string): string[] =>
  shell
    .replaceAll(/\\\n\s*/g, " ")
    .split("\n")
    .map((line) => line.replace(/(^|\s)#.*$/, "").trim())
    .filter((line) => line !== "");
