import { readFile } from "node:fs/promises";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { signedReport } from "../../src/features/erasing/api.ts";
import { readReportFile } from "../../src/features/erasing/html.ts";
import { faultsOfReport } from "../../src/features/erasing/verify.ts";
import { buildPage } from "../../web/build.ts";
import { openTestApp, type TestApp } from "../http/support.ts";
import { defaultEncoders } from "../support/encoders.ts";
import { findChromium, startChromium } from "./chromium.ts";
import { dropPicture, openPage, pictureOf, seriousFaults, serveApp, type Server } from "./support.ts";

const KEY = "a-key-of-sixteen-characters";
const COLOURS = [
  ["red", "#d01818", "a red square", "ann"],
  ["crimson", "#b01030", "a crimson square", "ann"],
  ["blue", "#1818d0", "the blue sea", "bob"],
  ["navy", "#101080", "the navy blue sea", "bob"],
  ["green", "#18b018", "green grass", "cyd"],
  ["markup", "#c0c000", "<img src=x onerror=alert(1)> yellow", "cyd"],
] as const;

const executable = findChromium();
if (executable === null)
  process.stdout.write(
    "No Chromium was found, so the page was not driven; name one by CHROMIUM=/path/to/chromium.\n",
  );

describe.skipIf(executable === null)("the page in Chromium", () => {
  let browser: Browser;
  let test: TestApp;
  let locked: TestApp;
  let server: Server;
  let lockedServer: Server;

  beforeAll(async () => {
    await buildPage();
    browser = await startChromium(executable ?? "");
    const folders = [await defaultEncoders()];
    test = await openTestApp({ folders });
    locked = await openTestApp({ apiKey: KEY });
    server = await serveApp(test);
    lockedServer = await serveApp(locked);
    const spec = { name: "colours", asif: { k: 6, p: 4 }, transform: "none" };
    expect((await test.call("POST", "/v1/collections", spec)).status).toBe(201);
    const anchors = await Promise.all(
      COLOURS.map(async ([id, colour, text, owner]) => ({
        ...{ id, text, metadata: { owner, kind: id === "blue" || id === "navy" ? "sea" : "land" } },
        image: { base64: (await pictureOf(colour)).toString("base64") },
      })),
    );
    expect((await test.call("PUT", "/v1/collections/colours/anchors", { anchors })).status).toBe(200);
  }, 180_000);

  afterAll(async () => {
    await browser.close();
    await server.stop();
    await lockedServer.stop();
    await test.close();
    await locked.close();
  });

  const ASKED = "#ask?class=a+red+square&class=the+blue+sea&class=green+grass";

  it("shows on a first visit what can be asked, and pictures to begin with", async () => {
    const { page, faults } = await openPage(browser, server.url);
    await page.getByRole("heading", { name: "What is this a picture of?" }).waitFor();
    expect(await page.getByRole("button", { name: /^Ask about/ }).count()).toBe(COLOURS.length);
    expect(await seriousFaults(page)).toEqual([]);
    expect(faults).toEqual([]);
    await page.close();
  });

  it("classifies a picture that is dropped, and changes the answer when its anchor is taken away", async () => {
    const { page, faults } = await openPage(browser, server.url, ASKED);
    await page.getByRole("button", { name: "Drop an image" }).waitFor();
    await dropPicture(page, "mine.png", await pictureOf("#d01818"));
    await page.getByRole("heading", { level: 1, name: "a red square" }).waitFor();
    const row = page.getByRole("button", { name: /^a red square/, expanded: true });
    const before = await row.innerText();
    expect(await seriousFaults(page)).toEqual([]);
    await page
      .getByRole("button", { name: /^a red square .*without$/ })
      .first()
      .click();
    await page.getByText("As if 1 anchor was not there. Nothing is deleted.").waitFor();
    await page.locator(".meter .was").first().waitFor();
    expect(await row.innerText()).not.toBe(before);
    expect(page.url()).toContain("without=red");
    expect(await seriousFaults(page)).toEqual([]);
    await page.getByRole("button", { name: "Put it back" }).click();
    await page.locator(".meter .was").first().waitFor({ state: "detached" });
    expect(await row.innerText()).toBe(before);
    await page.goBack();
    await page.getByText("As if 1 anchor was not there").waitFor();
    expect(faults).toEqual([]);
    await page.close();
  });

  it("says in words that a file is no image", async () => {
    const { page, faults } = await openPage(browser, server.url, ASKED);
    await page.locator("input[type=file]").setInputFiles({
      ...{ name: "notes.txt", mimeType: "text/plain", buffer: Buffer.from("not an image") },
    });
    await page.getByText("notes.txt is not an image").waitFor();
    expect(faults).toEqual([]);
    await page.close();
  });

  it("runs no markup of a caption", async () => {
    const { page, faults } = await openPage(browser, server.url, "#anchors");
    await page.getByText("<img src=x onerror=alert(1)> yellow").waitFor();
    expect(await page.locator('img[src="x"]').count()).toBe(0);
    expect(faults).toEqual([]);
    await page.close();
  });

  it("finds anchors by facets and words, and changes a caption in place", async () => {
    const { page, faults } = await openPage(browser, server.url, "#anchors");
    await page.getByRole("button", { name: "bob 2" }).click();
    await page.getByText("2 anchors of 6 anchors").waitFor();
    await page.getByRole("button", { name: "by words" }).click();
    await page.getByRole("searchbox", { name: "Search" }).fill("nav");
    await page.getByRole("searchbox", { name: "Search" }).press("Enter");
    await page
      .getByRole("button", { name: /^the navy blue sea/ })
      .first()
      .click();
    const caption = page.getByLabel("Caption");
    await caption.fill("the navy sea at night");
    await page.getByRole("button", { name: "Save caption" }).click();
    const stored = async (): Promise<unknown> =>
      (await test.call("GET", "/v1/collections/colours/anchors/navy")).body;
    await expect
      .poll(stored)
      .toMatchObject({ text: "the navy sea at night", metadata: { owner: "bob", kind: "sea" } });
    await page.getByRole("button", { name: "Encoding…" }).waitFor({ state: "detached" });
    expect(await seriousFaults(page)).toEqual([]);
    expect(faults).toEqual([]);
    await page.close();
  });

  it("adds a folder's pictures with captions from their names, and says what is left out", async () => {
    const { page, faults } = await openPage(browser, server.url, "#add");
    const files = [
      { name: "bright_orange-1.png", mimeType: "image/png", buffer: await pictureOf("#ff8800") },
      { name: "broken.png", mimeType: "image/png", buffer: Buffer.from("no picture") },
      { name: "notes.pdf", mimeType: "application/pdf", buffer: Buffer.from("%PDF") },
    ];
    await page.getByLabel("Files").setInputFiles(files);
    await page.getByRole("cell", { name: "bright orange", exact: true }).waitFor();
    await page.getByLabel("A field for all of them").fill("owner");
    await page.getByLabel("Its value").fill("dan");
    expect(await seriousFaults(page)).toEqual([]);
    await page.getByRole("button", { name: "Add 2 pairs to colours" }).click();
    await page.getByText("1 pair stored").waitFor();
    await page.getByText("2 files will not be stored").waitFor();
    const stored = await test.call("GET", "/v1/collections/colours/anchors/bright_orange-1");
    expect(stored.body).toMatchObject({ text: "bright orange", metadata: { owner: "dan" }, hasImage: true });
    expect((await test.call("DELETE", "/v1/collections/colours/anchors/bright_orange-1")).status).toBe(200);
    expect(faults).toEqual([]);
    await page.close();
  });

  it("finds a planted duplicate under Data health, and removes it", async () => {
    const image = { base64: (await pictureOf("#d01818")).toString("base64") };
    const copy = { id: "red-again", text: "a red square", metadata: { owner: "ann" }, image };
    expect((await test.call("PUT", "/v1/collections/colours/anchors", { anchors: [copy] })).status).toBe(200);
    const { page, faults } = await openPage(browser, server.url, "#health");
    await page.getByText("colours has not been checked").waitFor();
    await page.getByRole("button", { name: "Check this collection" }).click();
    const card = page.getByRole("region", { name: "The same pair more than once 1" });
    await card.getByText("2 anchors have the same picture and the same caption").waitFor();
    expect(await seriousFaults(page)).toEqual([]);
    await card.getByRole("button", { name: "Keep one…" }).click();
    await page.getByRole("radio", { name: "Keep red, a red square" }).check();
    expect(await seriousFaults(page)).toEqual([]);
    await page.getByRole("button", { name: "Delete the other one" }).click();
    await page.getByText("Anchors were written or deleted since").waitFor();
    expect(await page.getByRole("button", { name: "Keep one…" }).count()).toBe(0);
    expect((await test.call("GET", "/v1/collections/colours/anchors/red-again")).status).toBe(404);
    expect((await test.call("GET", "/v1/collections/colours/anchors/red")).status).toBe(200);
    expect(faults).toEqual([]);
    await page.close();
  });

  it("deletes an owner's anchors, and checks the receipt's hash itself", async () => {
    const { page, faults } = await openPage(browser, server.url, "#forget");
    await page.getByLabel("owner").selectOption({ label: "cyd (2)" });
    await page.getByText("2 anchors of 6 match.").waitFor();
    await page.getByRole("button", { name: "Measure it" }).click();
    await page.getByText(/would be answered otherwise/).waitFor();
    await page.getByRole("button", { name: "Delete 2 anchors…" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Delete 2 anchors" }).click();
    await page.getByText("The chain is whole: 3 receipts checked here, in your browser.").waitFor();
    const left = await test.call("POST", "/v1/collections/colours/facets", { keys: ["owner"] });
    expect(left.body).toMatchObject({ anchors: 4 });
    expect(await seriousFaults(page)).toEqual([]);
    expect(faults).toEqual([]);
    await page.close();
  });

  it("erases an owner's anchors with a report, which is downloaded and verified", async () => {
    const image = { base64: (await pictureOf("#804000")).toString("base64") };
    const anchors = [
      { id: "brown", text: "a brown square", metadata: { owner: "eve", kind: "land" }, image },
    ];
    expect((await test.call("PUT", "/v1/collections/colours/anchors", { anchors })).status).toBe(200);
    const { page, faults } = await openPage(browser, server.url, "#forget?where=owner%3D%22eve%22");
    await page.getByText(/1 anchor of \d+ matches/).waitFor();
    await page.getByRole("button", { name: "Delete, erase and report…" }).click();
    await page.getByLabel("Asked by").fill("Eve, by letter");
    expect(await seriousFaults(page)).toEqual([]);
    await page.getByRole("button", { name: "Delete and erase 1 anchor" }).click();
    await page.getByText("asked by Eve, by letter").waitFor({ timeout: 20_000 });
    const [download] = await Promise.all([
      page.waitForEvent("download"),
      page.getByRole("button", { name: "Download the report" }).click(),
    ]);
    const html = await readFile(await download.path(), "utf8");
    const signed = signedReport.encode(signedReport.parse(readReportFile(html)));
    expect(signed.report).toMatchObject({ deleted: 1, asked: { by: "Eve, by letter" } });
    expect(faultsOfReport(signed)).toEqual([]);
    expect(await seriousFaults(page)).toEqual([]);
    expect(faults).toEqual([]);
    await page.close();
  });

  it("says that the service went away, and goes on when it is back", async () => {
    const { page, faults } = await openPage(browser, server.url, "#service");
    await page.getByRole("rowheader", { name: "colours" }).waitFor();
    expect(await seriousFaults(page)).toEqual([]);
    await server.stop();
    await page.getByText("The service does not answer.").waitFor({ timeout: 15_000 });
    await server.start();
    await page.getByText("The service does not answer.").waitFor({ state: "detached", timeout: 15_000 });
    await page.getByRole("link", { name: "Anchors" }).click();
    await page.getByRole("heading", { name: "Anchors" }).waitFor();
    expect(faults).toEqual([]);
    await page.close();
  });

  it("asks for an API key once, and says where it is wrong", async () => {
    const { page, faults } = await openPage(browser, lockedServer.url);
    await page.getByLabel("API key").fill("another-key-of-many-letters");
    await page.getByRole("button", { name: "Go on" }).click();
    await page.getByText("The service does not know this key.").waitFor();
    await page.getByLabel("API key").fill(KEY);
    await page.getByRole("button", { name: "Go on" }).click();
    await page.getByRole("heading", { name: "There is no collection yet" }).waitFor();
    await page.reload();
    await page.getByRole("heading", { name: "There is no collection yet" }).waitFor();
    await page.getByRole("link", { name: "Service" }).click();
    await page.getByRole("button", { name: "Sign out" }).click();
    await page.getByLabel("API key").waitFor();
    expect(faults).toEqual([]);
    await page.close();
  });

  it("sends a request from the page of docs, and shows the answer", async () => {
    const { page, faults } = await openPage(browser, server.url, "docs");
    const operation = page.locator("#listCollections");
    await operation.getByText("Send it from here").click();
    await operation.getByRole("button", { name: "Send" }).click();
    await operation.getByText("X-Request-Id").waitFor();
    expect(await operation.locator(".answer").innerText()).toMatch(
      /^GET \/v1\/collections\n200 [^]*"collections"/,
    );
    expect(faults).toEqual([]);
    await page.close();
  });

  it("is ready within a second on this machine's own address", async () => {
    const { page } = await openPage(browser, server.url);
    await page.getByRole("heading", { name: "What is this a picture of?" }).waitFor();
    const ready = await page.evaluate(
      () => performance.getEntriesByType("navigation")[0]?.duration ?? Infinity,
    );
    expect(ready).toBeLessThan(1_000);
    await page.close();
  });
});
