import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { createClient } from "../../src/features/client.ts";
import {
  emojiCaption,
  emojiMetadata,
  readPairs,
  SAMPLE_COLLECTION,
  SAMPLE_VENDORS,
} from "../../src/features/sample/index.ts";
import { makeDataDir, startService, type DataDir, type Running } from "../service/running.ts";
import { PAGES, ROOT, type Block, type Page } from "./pages.ts";
import { outlineFaults, parseShown, shapeFaults } from "./shape.ts";

/** The address in the pages. */
const SHOWN_URL = "http://127.0.0.1:8080";
/** Emoji that the pages ask about, and others beside them: sun, fox, mate. */
const ASKED_ABOUT = new Set(["2600", "1F98A", "1F9C9"]);
const OTHERS = 80;
/** What a checkout has that its commands need. */
const CHECKOUT = ["package.json", "node_modules", "tsconfig.json", "src", "scripts", "research", "indexes"];

let dataDir: DataDir;
let service: Running;
/** Where the commands are typed: a checkout with the reader's own files in it. */
let folder: string;

const client = () => createClient({ url: service.url });
const jpeg = (colour: string): Promise<Buffer> =>
  sharp({ create: { width: 64, height: 64, channels: 3, background: colour } })
    .jpeg()
    .toBuffer();

const makeSample = async (): Promise<void> => {
  const pairs = await readPairs(SAMPLE_VENDORS);
  const asked = pairs.filter(({ emoji }) => ASKED_ABOUT.has(emoji.hexcode));
  const others = pairs.filter(({ emoji }) => !ASKED_ABOUT.has(emoji.hexcode)).slice(0, OTHERS);
  await client().createCollection(SAMPLE_COLLECTION);
  await client()
    .collection(SAMPLE_COLLECTION.name)
    .putAnchors(
      [...asked, ...others].map((pair) => ({
        id: pair.id,
        text: emojiCaption(pair.emoji),
        image: { base64: Buffer.from(pair.image).toString("base64") },
        metadata: emojiMetadata(pair),
      })),
    );
};

const makeFolder = async (): Promise<void> => {
  folder = await mkdtemp(join(tmpdir(), "anchorage-docs-"));
  for (const name of CHECKOUT) await symlink(join(ROOT, name), join(folder, name));
  await mkdir(join(folder, "photos"));
  await writeFile(join(folder, "photos", "red barn.jpg"), await jpeg("red"));
  await writeFile(join(folder, "photos", "green meadow.jpg"), await jpeg("green"));
  await writeFile(
    join(folder, "pairs.csv"),
    "path,caption\nphotos/red barn.jpg,a robin\nphotos/green meadow.jpg,a wren\n",
  );
  await writeFile(join(folder, "new.jpg"), await jpeg("brown"));
  await writeFile(join(folder, "rex.jpg"), await jpeg("tan"));
  await writeFile(
    join(folder, "sun.svg"),
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 2 2"><circle r="1"/></svg>',
  );
};

beforeAll(async () => {
  dataDir = await makeDataDir();
  service = await startService(dataDir.path);
  await makeFolder();
  await makeSample();
}, 240_000);

afterAll(async () => {
  await service.end("SIGTERM");
  await dataDir.remove();
  await rm(folder, { recursive: true, force: true });
});

/** What a page takes for granted. */
const PREPARED: Readonly<Record<string, () => Promise<void>>> = {
  "docs/erasure.md": async () => {
    await client().createCollection({ name: "pets" });
    await client()
      .collection("pets")
      .putAnchors([
        { id: "rex", text: "a dog on a beach", image: { base64: (await jpeg("tan")).toString("base64") } },
      ]);
  },
};

/** Leaves only the sample, so that pages may make collections of the same name. */
const tidy = async (): Promise<void> => {
  for (const { name } of await client().listCollections())
    if (name !== SAMPLE_COLLECTION.name) await client().collection(name).delete();
};

const run = async (shell: string) => {
  const { port } = new URL(service.url);
  const child = spawn("bash", ["-euo", "pipefail", "-c", shell.replaceAll(SHOWN_URL, service.url)], {
    cwd: folder,
    env: { ...process.env, DATA_DIR: dataDir.path, PORT: port, NO_UPDATE_NOTIFIER: "1" },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let stdout = "";
  let stderr = "";
  child.stdout.setEncoding("utf8").on("data", (chunk: string) => (stdout += chunk));
  child.stderr.setEncoding("utf8").on("data", (chunk: string) => (stderr += chunk));
  const [status] = (await once(child, "close")) as [number | null];
  return { status, stdout, stderr };
};

interface Example {
  readonly line: number;
  readonly shell: string;
  readonly output: Block | undefined;
}

const examplesOf = ({ blocks }: Page): Example[] =>
  blocks.flatMap((block, i) => {
    if (block.language !== "sh" || block.notRun !== null) return [];
    const next = blocks[i + 1];
    const output = next?.follows === true && ["", "json"].includes(next.language) ? next : undefined;
    return [{ line: block.line, shell: block.text, output }];
  });

const REFUSED = '"type":"/docs#problem-';

const faultsOf = ({ output }: Example, stdout: string): string[] => {
  if (output === undefined) return stdout.includes(REFUSED) ? [stdout] : [];
  return output.language === "json"
    ? shapeFaults(parseShown(output.text), z.json().parse(JSON.parse(stdout)))
    : outlineFaults(output.text, stdout);
};

const pages = PAGES.map((page) => ({ path: page.path, examples: examplesOf(page) })).filter(
  ({ examples }) => examples.length > 0,
);

describe.each(pages)("$path", ({ path, examples }) => {
  beforeAll(async () => {
    await tidy();
    await PREPARED[path]?.();
  });

  it.each(examples)("shows what the commands at line $line print", { timeout: 120_000 }, async (example) => {
    const { status, stdout, stderr } = await run(example.shell);
    expect({ status, stderr: status === 0 ? "" : stderr }).toEqual({ status: 0, stderr: "" });
    expect(faultsOf(example, stdout)).toEqual([]);
  });
});

describe("the README's table of endpoints", () => {
  it("names every path, and none that is not there", async () => {
    const { paths } = z
      .object({ paths: z.record(z.string(), z.unknown()) })
      .parse(await (await fetch(`${service.url}/openapi.json`)).json());
    const readme = PAGES.find(({ path }) => path === "README.md")?.prose ?? "";
    const section = readme.slice(readme.indexOf("## Endpoints"), readme.indexOf("## Encoders"));
    const named = new Set(
      [...section.matchAll(/(?<![\w}])(\/[\w{}/.-]+)/g)].map(([, path = ""]) =>
        path.startsWith("/v1") || /^\/(healthz|readyz|metrics)$/.test(path)
          ? path
          : `/v1/collections/{c}${path}`,
      ),
    );
    const known = Object.keys(paths).map((path) => path.replace("{collection}", "{c}"));
    expect([...named].filter((path) => !known.includes(path))).toEqual([]);
    const within = (path: string): boolean =>
      [...named].some((each) => path === each || path.startsWith(`${each}/`));
    const pagesOfTheService = ["/", "/openapi.json", "/docs"];
    expect(known.filter((path) => !within(path) && !pagesOfTheService.includes(path))).toEqual([]);
  });
});
