import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { buildPage } from "../../web/build.ts";
import { vectorsOfClasses } from "../features/evaluation/vectors.ts";
import { openTestApp, type TestApp } from "../http/support.ts";
import { defaultEncoders } from "../support/encoders.ts";
import { findChromium, startChromium } from "./chromium.ts";
import { openPage, pictureOf, seriousFaults, serveApp, type Server } from "./support.ts";

const executable = findChromium();
const NAMES = (
  "sun moon tree dog car pizza fish house river bread train cloud chair horse apple bridge lamp " +
  "shirt clock bird flower guitar snow mountain"
).split(" ");
const OF_EACH = 6;
const DIMENSION = 12;

/** Streams stop after their first event until they are let go, so that a run can be stopped in its middle. */
const held = { consensus: false, ended: 0 };

/** Passes the first event on, and the others only when the reader goes away or nothing is held any more. */
const slowStream = (response: Response): Response => {
  const reader = response.body?.getReader();
  let text = "";
  const body = new ReadableStream<Uint8Array>({
    pull: async (controller) => {
      while (held.consensus && text.includes("event: round"))
        await new Promise((resolve) => setTimeout(resolve, 20));
      const next = await reader?.read();
      if (next === undefined || next.done) {
        controller.close();
        return;
      }
      text += new TextDecoder().decode(next.value);
      controller.enqueue(next.value);
    },
    cancel: async () => {
      held.ended++;
      await reader?.cancel();
    },
  });
  return new Response(body, response);
};

describe.skipIf(executable === null)("the page's insight sections in Chromium", () => {
  let browser: Browser;
  let test: TestApp;
  let server: Server;

  beforeAll(async () => {
    await buildPage();
    browser = await startChromium(executable ?? "");
    test = await openTestApp({ folders: [await defaultEncoders()] });
    server = await serveApp(test, async (request, app) => {
      const response = await app.fetch(request);
      return new URL(request.url).pathname === "/v1/consensus" ? slowStream(response) : response;
    });
    // Captions are encoded by the service, so that classes can be named; image vectors are given.
    const spec = {
      ...{ name: "things", imageEncoder: { external: { dimension: DIMENSION } }, method: "asif" },
      ...{ asif: { k: 40, p: 3 }, transform: "none" },
    };
    expect((await test.call("POST", "/v1/collections", spec)).status).toBe(201);
    const image = { base64: (await pictureOf("#3060c0")).toString("base64") };
    const anchors = vectorsOfClasses(NAMES.length, OF_EACH, DIMENSION).map(({ label, image: vector }, i) => ({
      ...{ id: `a${i}`, text: NAMES[label], imageVector: vector },
      ...(i < 12 ? { image } : {}),
      metadata: { thing: NAMES[label], owner: i % 2 === 0 ? "ann" : "bob" },
    }));
    expect((await test.call("PUT", "/v1/collections/things/anchors", { anchors })).status).toBe(200);
  }, 180_000);

  afterAll(async () => {
    await browser.close();
    await server.stop();
    await test.close();
  });

  it("measures how right answers are, and draws it with a table behind each chart", async () => {
    const { page, faults } = await openPage(browser, server.url, "#quality");
    await page.getByLabel("Classes are").selectOption({ label: "values of thing (24)" });
    await page.getByLabel(/^asked/).selectOption("images");
    await page.getByRole("button", { name: "Measure" }).click();
    await page.getByRole("img", { name: "Would more anchors help?" }).waitFor();
    expect(page.url()).toContain("by=thing");
    await page.getByRole("heading", { name: "Which classes are taken for which?" }).waitFor();
    await page.getByRole("button", { name: "Would more anchors help? Show as table" }).click();
    expect(await page.getByRole("columnheader", { name: "anchors that answer" }).count()).toBe(1);
    expect(await seriousFaults(page)).toEqual([]);
    await page.reload();
    await page.getByRole("img", { name: "Would more anchors help?" }).waitFor();
    await page.getByRole("button", { name: /^Look at 2[0-9] classes/ }).click();
    await page.getByRole("rowheader", { name: "sun", exact: true }).first().waitFor();
    expect(faults).toEqual([]);
    await page.close();
  });

  it("calibrates, draws how sure answers may be, and then asks with probabilities", async () => {
    const { page, faults } = await openPage(browser, server.url, "#quality");
    await page.getByRole("button", { name: "Calibrate" }).click();
    await page.getByRole("img", { name: "Is 80 % sure right 80 % of the time?" }).waitFor();
    await page.getByRole("img", { name: /^How many can be answered/ }).waitFor();
    expect(await seriousFaults(page)).toEqual([]);
    const classes = ["sun", "moon", "tree", "dog"].map((name) => `class=${name}`).join("&");
    await page.goto(`${server.url}/#ask?c=things&anchor=a0&itself=yes&${classes}`);
    await page
      .locator(".title")
      .getByText(/probable among these 4 classes/)
      .waitFor();
    await page
      .getByRole("note")
      .getByText(/sure enough to keep wrong answers at 10 %/)
      .waitFor();
    const asked = await test.call("POST", "/v1/collections/things/classify", {
      ...{
        images: [{ anchor: "a0" }],
        classes: [{ name: "sun" }, { name: "moon" }, { name: "tree" }, { name: "dog" }],
      },
      ...{ probabilities: true, conformal: { coverage: 0.9 }, abstain: { risk: 0.1 } },
    });
    const [result] = (asked.body as { results: { set: unknown[]; abstained: boolean }[] }).results;
    expect(
      await page
        .locator(".title")
        .getByText(/With 90 % certainty it is one of/)
        .count(),
    ).toBe((result?.set.length ?? 0) > 1 ? 1 : 0);
    expect(await page.locator(".row.out.said").count()).toBe(result?.abstained === true ? 1 : 0);
    expect(faults).toEqual([]);
    await page.close();
  });

  it("shows the rounds of a consensus as they come, and stops it", async () => {
    const { page, faults } = await openPage(browser, server.url, "#consensus?anchor=a0&task=tag&field=thing");
    held.consensus = true;
    await page.getByRole("button", { name: "Propose" }).click();
    await page.getByText(/^Round 1: \d+ proposed/).waitFor();
    await page.getByRole("region", { name: "Survivors of round 1" }).waitFor();
    await page.getByRole("button", { name: "Stop" }).click();
    await page.getByText("Stopped by you after 1 round").waitFor();
    await expect.poll(() => held.ended).toBe(1);
    held.consensus = false;
    expect(await seriousFaults(page)).toEqual([]);
    await page.getByRole("button", { name: "Propose" }).click();
    await page.getByText(/^Ended after/).waitFor();
    expect(await page.getByRole("columnheader", { name: "neighbour-captions" }).count()).toBeGreaterThan(0);
    await page.getByText("No adapter is stored").waitFor();
    expect(await seriousFaults(page)).toEqual([]);
    expect(faults).toEqual([]);
    await page.close();
  });
});
