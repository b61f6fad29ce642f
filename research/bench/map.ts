import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { CDPSession, Page } from "playwright-core";
import { z } from "zod";
import { EXIT, runScript } from "../../src/cli/cli.ts";
import { createClient, type AnchorageClient } from "../../src/features/client.ts";
import { createRandom, normal } from "../../src/math/random.ts";
import { noArguments, wholeNumber } from "../../src/option-schemas.ts";
import { findChromium, startChromium } from "../../test/browser/chromium.ts";
import { startService } from "./service.ts";

const NAME = "points";
const DIMENSION = 16;
const GROUPS = 40;
const BATCH = 5_000;
const MOVES = 120;

/** Groups of points, each around a direction of its own. */
const fill = async (client: AnchorageClient, count: number): Promise<void> => {
  const external = { external: { dimension: DIMENSION } };
  await client.createCollection({ name: NAME, imageEncoder: external, textEncoder: external });
  const random = createRandom(1);
  const middles = Array.from({ length: GROUPS }, () =>
    Array.from({ length: DIMENSION }, () => normal(random)),
  );
  for (let first = 0; first < count; first += BATCH) {
    const anchors = Array.from({ length: Math.min(BATCH, count - first) }, (_, i) => {
      const middle = middles[(first + i) % GROUPS] ?? [];
      const vector = middle.map((value) => Math.fround(value + 0.4 * normal(random)));
      return {
        ...{ id: `point-${first + i}`, text: `point ${first + i}`, imageVector: vector, textVector: vector },
        metadata: { group: `g${(first + i) % 8}` },
      };
    });
    await client.collection(NAME).putAnchors(anchors);
  }
};

/** Waits for a job; @returns seconds */
const compute = async (client: AnchorageClient, methods: readonly ("pca" | "umap")[]): Promise<number> => {
  const started = performance.now();
  const job = await client.collection(NAME).computeProjection({ methods: [...methods], sides: ["image"] });
  const { state, error } = await client.waitForJob(job);
  if (state !== "done") throw new Error(`the projection ended as ${state}: ${error ?? ""}`);
  return (performance.now() - started) / 1_000;
};

/** Milliseconds of script of the page, and frames that the map was drawn in. */
const spent = async (session: CDPSession, page: Page): Promise<{ script: number; frames: number }> => {
  const { metrics } = await session.send("Performance.getMetrics");
  const seconds = metrics.find(({ name }) => name === "ScriptDuration")?.value ?? 0;
  const frames = await page.evaluate<number>("performance.getEntriesByName('map drawn')[0]?.detail ?? 0");
  return { script: 1_000 * seconds, frames };
};

const measured = async (session: CDPSession, page: Page, act: () => Promise<void>) => {
  const before = await spent(session, page);
  await act();
  const after = await spent(session, page);
  return { script: after.script - before.script, frames: after.frames - before.frames };
};

const drive = async (url: string, points: number): Promise<readonly (readonly [string, string])[]> => {
  const executable = findChromium();
  if (executable === null) throw new Error("no Chromium was found: name one by CHROMIUM=/path/to/chromium");
  const browser = await startChromium(executable);
  try {
    const page = await browser.newPage({ viewport: { width: 1280, height: 820 } });
    const session = await page.context().newCDPSession(page);
    // Time of the thread itself: other work on the machine does not count.
    await session.send("Performance.enable", { timeDomain: "threadTicks" });
    await page.goto(`${url}/#map?c=${NAME}&method=pca`);
    const canvas = page.getByRole("application");
    await canvas.waitFor({ timeout: 60_000 });
    await page.getByRole("button", { name: /^g0/ }).waitFor({ timeout: 60_000 });
    const drawn = await page.evaluate<number>(`new Promise((resolve) => setTimeout(() => {
      const came = performance.getEntriesByType("resource").filter(({ name }) => name.includes("/projection")).at(-1);
      resolve(performance.getEntriesByName("map drawn")[0].startTime - came.responseEnd);
    }, 1000))`);
    const box = await canvas.boundingBox();
    if (box === null) throw new Error("the map is not shown");
    const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
    await page.mouse.move(x, y);
    const panning = await measured(session, page, async () => {
      await page.mouse.down();
      for (let i = 1; i <= MOVES; i++)
        await page.mouse.move(x + 60 * Math.sin(i / 8), y + 40 * Math.cos(i / 8));
      await page.mouse.up();
      await page.waitForTimeout(500);
    });
    const hovering = await measured(session, page, async () => {
      for (let i = 1; i <= MOVES; i++)
        await page.mouse.move(x + 90 * Math.sin(i / 8), y + 70 * Math.cos(i / 8));
    });
    await page.getByRole("button", { name: "Lasso" }).click();
    await page.mouse.move(x - 150, y - 150);
    await page.mouse.down();
    for (let i = 1; i <= MOVES; i++) {
      const angle = (2 * Math.PI * i) / MOVES;
      await page.mouse.move(x - 150 * Math.cos(angle), y - 150 + 150 * Math.sin(angle));
    }
    // From the pointer's release until the points are drawn as chosen ones, without what drives the browser.
    const [lasso = 0, shown = 0] = await page.evaluate<number[]>(`new Promise((resolve) => {
      const frame = () => performance.getEntriesByName("map drawn")[0]?.detail ?? 0;
      const [before, started] = [frame(), performance.now()];
      const at = { bubbles: true, pointerId: 1, clientX: ${x - 150}, clientY: ${y - 150} };
      document.querySelector("canvas").dispatchEvent(new PointerEvent("pointerup", at));
      const found = performance.now() - started;
      const look = () => frame() > before ? resolve([found, performance.now() - started]) : requestAnimationFrame(look);
      requestAnimationFrame(look);
    })`);
    const chosen = await page.getByText("anchors chosen").innerText();
    return [
      [`points`, points.toLocaleString("en")],
      ["drawn in their colours after the last data came", `${drawn.toFixed(0)} ms`],
      ["script a frame while panning", `${(panning.script / Math.max(1, panning.frames)).toFixed(2)} ms`],
      ["script a move of the pointer, picking", `${(hovering.script / MOVES).toFixed(2)} ms`],
      [`script of a lasso that finds ${chosen.replace(" anchors chosen", "")}`, `${lasso.toFixed(0)} ms`],
      ["from its end until they are drawn as chosen", `${shown.toFixed(0)} ms`],
    ];
  } finally {
    await browser.close();
  }
};

await runScript({
  name: "bench:map",
  synopsis: "[options]",
  about:
    "Computes a map of random groups of points and drives the page's Map in Chromium: script time while panning, picking and selecting, and how long it takes until points are drawn. Frames are drawn by software where there is no graphics processor, which the script times leave out.",
  options: {
    points: { type: "string", value: "N", help: "how many there are", default: "100000" },
    umap: { type: "boolean", help: "also time the map by UMAP" },
  },
  examples: ["--points 20000 --umap"],
  schema: z.strictObject({
    arguments: noArguments,
    points: wholeNumber(1_000, 1_000_000),
    umap: z.boolean().default(false),
  }),
  run: async ({ points, umap }, { note }) => {
    const dataDir = await mkdtemp(join(tmpdir(), "anchorage-bench-"));
    const service = await startService(dataDir);
    try {
      const client = createClient({ url: service.url });
      note(`storing ${points} points`);
      await fill(client, points);
      const rows: (readonly [string, string])[] = [
        ["places of all points by PCA", `${(await compute(client, ["pca"])).toFixed(1)} s`],
      ];
      if (umap) rows.push(["places by UMAP", `${(await compute(client, ["umap"])).toFixed(1)} s`]);
      rows.push(...(await drive(service.url, points)));
      for (const [what, value] of rows) process.stdout.write(`${what.padEnd(60)} ${value}\n`);
      return EXIT.done;
    } finally {
      await service.end();
      await rm(dataDir, { recursive: true, force: true });
    }
  },
});
