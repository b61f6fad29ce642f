import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { buildPage } from "../../web/build.ts";
import { openTestApp, type TestApp } from "../http/support.ts";
import { normals, seededRandom } from "../support/random.ts";
import { findChromium, startChromium } from "./chromium.ts";
import { openPage, pictureOf, seriousFaults, serveApp, type Server } from "./support.ts";

const GROUPS = [
  ["red", "#d01818"],
  ["green", "#18b018"],
  ["blue", "#1818d0"],
] as const;
const EACH = 30;

const executable = findChromium();
if (executable === null)
  process.stdout.write("No Chromium was found, so the map was not driven; name one by CHROMIUM=/path.\n");

describe.skipIf(executable === null)("the map in Chromium", () => {
  let browser: Browser;
  let test: TestApp;
  let server: Server;

  const create = async (name: string): Promise<void> => {
    const vector = (direction: number, random: () => number): number[] =>
      [...normals(4, random)].map((value, i) => 0.05 * value + Number(i === direction));
    const anchors = await Promise.all(
      Array.from({ length: GROUPS.length * EACH }, async (_, at) => {
        const group = at % GROUPS.length;
        const [colour, paint] = GROUPS[group] ?? GROUPS[0];
        const random = seededRandom(at + 1);
        return {
          ...{ id: `${colour}-${at}`, text: `${colour} square ${at}`, metadata: { colour, at } },
          image: { base64: (await pictureOf(paint)).toString("base64") },
          ...{ imageVector: vector(group, random), textVector: vector(group, random) },
        };
      }),
    );
    const external = { external: { dimension: 4 } };
    const spec = { name, imageEncoder: external, textEncoder: external, asif: { k: 20, p: 2 } };
    expect((await test.call("POST", "/v1/collections", spec)).status).toBe(201);
    expect((await test.call("PUT", `/v1/collections/${name}/anchors`, { anchors })).status).toBe(200);
  };

  beforeAll(async () => {
    await buildPage();
    browser = await startChromium(executable ?? "");
    test = await openTestApp();
    server = await serveApp(test);
    await create("squares");
  }, 180_000);

  afterAll(async () => {
    await browser.close();
    await server.stop();
    await test.close();
  });

  const mapOf = (page: Page) => page.getByRole("application", { name: /^Map of the anchors/ });

  /** Where a group's points are on the screen, from the map and from how the page shows all of it. */
  const cornersOf = async (page: Page, colour: string): Promise<{ x: number; y: number }[]> => {
    const box = await mapOf(page).boundingBox();
    if (box === null) throw new Error("the map has no box");
    const response = await page.request.get(`${server.url}/v1/collections/squares/projection?method=pca`);
    const { projectionIn } = await import("../../src/features/client.ts");
    const { fitCamera, toScreen } = await import("../../web/src/map/camera.ts");
    const { ids, places } = projectionIn(Uint8Array.from(await response.body()).buffer);
    const camera = fitCamera(places, box);
    const points = ids.flatMap((id, row) =>
      id.startsWith(colour) ? [toScreen(camera, box, [places[2 * row] ?? 0, places[2 * row + 1] ?? 0])] : [],
    );
    const [xs, ys] = [points.map(([x]) => x), points.map(([, y]) => y)];
    const [left, right] = [Math.min(...xs) - 12, Math.max(...xs) + 12];
    const [top, bottom] = [Math.min(...ys) - 12, Math.max(...ys) + 12];
    return [
      { x: box.x + left, y: box.y + top },
      { x: box.x + right, y: box.y + top },
      { x: box.x + right, y: box.y + bottom },
      { x: box.x + left, y: box.y + bottom },
    ];
  };

  it("says that there is no map yet, and shows it by PCA and by UMAP when it is computed", async () => {
    const { page, faults } = await openPage(browser, server.url, "#map?c=squares");
    await page.getByRole("heading", { name: "There is no map of these anchors yet" }).waitFor();
    expect(await seriousFaults(page)).toEqual([]);
    await page.getByRole("button", { name: "Compute the map" }).click();
    await mapOf(page).waitFor({ timeout: 30_000 });
    await page.getByRole("button", { name: "UMAP", pressed: true }).waitFor({ timeout: 30_000 });
    await page.getByRole("button", { name: "Compute anew" }).waitFor({ timeout: 30_000 });
    expect(await seriousFaults(page)).toEqual([]);
    expect(faults).toEqual([]);
    await page.close();
  });

  it("selects into the grid what a lasso is drawn around, hides by the legend, and deletes", async () => {
    const { page, faults } = await openPage(browser, server.url, "#map?c=squares&method=pca");
    await page.getByRole("button", { name: `red ${EACH}` }).waitFor();
    await page.getByRole("button", { name: "Lasso" }).click();
    const [first, ...rest] = await cornersOf(page, "blue");
    const around = async (): Promise<void> => {
      await page.mouse.move(first?.x ?? 0, first?.y ?? 0);
      await page.mouse.down();
      for (const { x, y } of rest) await page.mouse.move(x, y, { steps: 5 });
      await page.mouse.up();
    };
    await around();
    const tray = page.getByRole("region", { name: "Chosen anchors" });
    await tray.getByText(`${EACH} anchors chosen`).waitFor();
    await page
      .getByRole("button", { name: /^blue square/ })
      .first()
      .waitFor();
    expect(await page.getByRole("button", { name: /^(red|green) square/ }).count()).toBe(0);
    expect(await seriousFaults(page)).toEqual([]);
    await tray.getByRole("button", { name: "none" }).click();
    await page.getByRole("button", { name: `blue ${EACH}` }).click();
    expect(page.url()).toContain("hide=%22blue%22");
    await around();
    expect(await tray.count()).toBe(0);
    await page.goBack();
    await page.getByRole("button", { name: `blue ${EACH}`, pressed: true }).waitFor();
    await page.getByRole("button", { name: "Box" }).click();
    await page.mouse.move(first?.x ?? 0, first?.y ?? 0);
    await page.mouse.down();
    await page.mouse.move(rest[1]?.x ?? 0, rest[1]?.y ?? 0, { steps: 5 });
    await page.mouse.up();
    await tray.getByRole("button", { name: "Delete…" }).click();
    await page
      .getByRole("dialog")
      .getByRole("button", { name: `Delete ${EACH} anchors` })
      .click();
    await page.getByText(`${EACH} anchors deleted.`).waitFor();
    await page.getByText(`${2 * EACH} anchors · computed at`).waitFor();
    expect(faults).toEqual([]);
    await page.close();
  });

  it("is moved, zoomed and chosen from by keys, and keeps in the address what it shows", async () => {
    const { page, faults } = await openPage(browser, server.url, "#map?c=squares&method=pca");
    await page.getByRole("button", { name: `red ${EACH}` }).waitFor();
    await mapOf(page).focus();
    await mapOf(page).press("ArrowLeft");
    await page.locator(".map-card").waitFor();
    await mapOf(page).press(" ");
    await page.getByText("1 anchor chosen").waitFor();
    await mapOf(page).press("+");
    await expect.poll(() => page.url()).toContain("at=");
    const address = page.url();
    await page.reload();
    await page.getByRole("button", { name: `red ${EACH}` }).waitFor();
    await page.waitForTimeout(500);
    expect(page.url()).toBe(address);
    expect(faults).toEqual([]);
    await page.close();
  });

  it("shows a picture and a caption under the pointer, and the place of a query with its neighbours", async () => {
    const { page, faults } = await openPage(browser, server.url, "#map?c=squares&method=pca&like=red-0");
    await page.getByRole("heading", { name: "Nearest" }).waitFor();
    await page.locator(".query-place").waitFor();
    expect(await page.locator(".near").count()).toBe(10);
    await page.getByRole("button", { name: "choose them" }).click();
    await page.getByText("10 anchors chosen").waitFor();
    const circle = await page.locator(".query-place circle").boundingBox();
    await page.mouse.move((circle?.x ?? 0) + 7, (circle?.y ?? 0) + 7);
    await page.locator(".map-card img").waitFor();
    await page.locator(".map-card", { hasText: "red square" }).waitFor();
    expect(faults).toEqual([]);
    await page.close();
  });

  it("is a table as well, and nothing but a table without WebGL2", async () => {
    const { page, faults } = await openPage(browser, server.url, "#map?c=squares&show=table");
    await page.getByRole("button", { name: "Choose red" }).click();
    await page.getByText(`${EACH} anchors chosen`).waitFor();
    expect(await seriousFaults(page)).toEqual([]);
    await page.getByRole("combobox", { name: "Colour" }).selectOption("agreement");
    await page.getByRole("columnheader", { name: "Agreement" }).waitFor();
    await page.close();
    const plain = await browser.newPage();
    await plain.addInitScript(() => {
      HTMLCanvasElement.prototype.getContext = () => null;
    });
    await plain.goto(`${server.url}/#map?c=squares`);
    await plain.getByText("This browser has no WebGL2").waitFor();
    await plain.getByRole("button", { name: "Choose red" }).waitFor();
    await plain.close();
    expect(faults).toEqual([]);
  });

  it("says that the collection was deleted elsewhere", async () => {
    await create("gone");
    const { page, faults } = await openPage(browser, server.url, "#map?c=gone");
    await page.getByRole("heading", { name: "There is no map of these anchors yet" }).waitFor();
    expect((await test.call("DELETE", "/v1/collections/gone")).status).toBe(204);
    await page.getByRole("heading", { name: "There is no collection “gone” any more" }).waitFor();
    expect(faults).toEqual([]);
    await page.close();
  });
});
