import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Page } from "playwright-core";
import sharp from "sharp";
import { findChromium, startChromium } from "./chromium.ts";

/**
 * Takes the screenshots in `docs/page/` of a service that holds the sample:
 * `npm run screenshots -- http://127.0.0.1:8080`
 */
const MOST_BYTES = 200 * 1024;
const FOLDER = join(import.meta.dirname, "../../docs/page");

interface Shot {
  readonly name: string;
  readonly address: string;
  readonly theme?: "dark";
  readonly width?: number;
  readonly height?: number;
  readonly prepare?: (page: Page) => Promise<unknown>;
}

const ASKED =
  "ask?c=emoji&class=sun&class=moon&class=tree&class=dog&class=car&class=pizza&anchor=noto%2F2600";
const AS_IF = `${ASKED}&without=noto%2F1F324&without=emojione-v1%2F2600&by=vendor`;

const SHOTS: readonly Shot[] = [
  {
    name: "forget",
    address: "forget?c=emoji&where=vendor%3D%22fxemoji%22",
    prepare: (page) =>
      page
        .getByRole("button", { name: "Measure it" })
        .click()
        .then(() => page.getByText("would be answered otherwise").waitFor()),
  },
  {
    name: "map",
    address: "map?c=emoji&text=something+to+drink",
    // The map of a service that has none is computed first, which takes two minutes.
    prepare: async (page) => {
      const compute = page.getByRole("button", { name: "Compute the map" });
      if ((await compute.count()) > 0) await compute.click();
      const done = page.getByRole("button", { name: "Compute anew" });
      await done.waitFor({ timeout: 600_000 });
      await page.locator(".query-place").waitFor();
      await page.getByRole("button", { name: "choose them" }).click();
      const circle = await page.locator(".near circle").first().boundingBox();
      if (circle !== null) await page.mouse.move(circle.x + circle.width / 2, circle.y + circle.height / 2);
    },
  },
  {
    name: "health",
    address: "health?c=emoji",
    height: 980,
    prepare: async (page) => {
      const start = page.getByRole("button", { name: "Check this collection" });
      if (await start.isVisible()) await start.click();
      await page.getByText("were checked").waitFor({ timeout: 300_000 });
    },
  },
  { name: "service", address: "service?c=emoji" },
  {
    name: "quality",
    address: "quality?c=emoji&by=group&hold=images",
    height: 1100,
    prepare: async (page) => {
      const chart = page.getByRole("img", { name: "Would more anchors help?" });
      const start = page.getByRole("button", { name: "Measure" });
      if (!(await chart.isVisible()) && (await start.isVisible())) await start.click();
      await chart.waitFor({ timeout: 600_000 });
    },
  },
  { name: "encoders", address: "encoders?c=emoji" },
  {
    name: "consensus",
    address: "consensus?c=emoji&anchor=noto%2F1F40C&rounds=3",
    prepare: async (page) => {
      await page.getByRole("button", { name: "Propose" }).click();
      await page.getByText(/^Ended after/).waitFor({ timeout: 120_000 });
    },
  },
  {
    name: "add",
    address: "add?c=emoji",
    prepare: async (page) => {
      const colours = { golden_dot: "gold", green_leaf: "green", night_sky: "navy" };
      const files = Object.entries(colours).map(([name, fill]) => ({
        name: `${name}.svg`,
        mimeType: "image/svg+xml",
        buffer: Buffer.from(
          `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 20 20"><circle cx="10" cy="10" r="8" fill="${fill}"/></svg>`,
        ),
      }));
      await page.getByLabel("Files").setInputFiles(files);
    },
  },
  { name: "ask", address: ASKED },
  { name: "as-if-dark", address: AS_IF, theme: "dark" },
  { name: "ask-narrow", address: ASKED, width: 420, height: 900 },
  { name: "anchors", address: "anchors?c=emoji&text=something+to+drink&open=noto%2F2615" },
];

const [service = "http://127.0.0.1:8080", ...wanted] = process.argv.slice(2);
const executable = findChromium();
if (executable === null) throw new Error("no Chromium was found: name one by CHROMIUM=/path/to/chromium");
await mkdir(FOLDER, { recursive: true });
const browser = await startChromium(executable);
for (const { name, address, theme, width = 1280, height = 820, prepare } of SHOTS) {
  if (wanted.length > 0 && !wanted.includes(name)) continue;
  const page = await browser.newPage({ viewport: { width, height }, colorScheme: theme ?? "light" });
  page.on("console", (message) => process.stdout.write(`${name}: ${message.text()}\n`));
  page.on("pageerror", (error) => process.stdout.write(`${name}: ${error.message}\n`));
  await page.goto(`${service}/#${address}`);
  await page.waitForLoadState("networkidle");
  await prepare?.(page);
  await page.waitForTimeout(600);
  const png = await sharp(await page.screenshot())
    .png({ palette: true, quality: 90, effort: 8 })
    .toBuffer();
  if (png.length > MOST_BYTES)
    process.stdout.write(`${name}.png has ${png.length} bytes; at most ${MOST_BYTES}\n`);
  await writeFile(join(FOLDER, `${name}.png`), png);
  await page.close();
}
await browser.close();
