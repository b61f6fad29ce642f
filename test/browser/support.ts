import type { AddressInfo } from "node:net";
import { createRequire } from "node:module";
import { readFile } from "node:fs/promises";
import { createAdaptorServer, type ServerType } from "@hono/node-server";
import type { AxeResults } from "axe-core";
import type { Browser, Page } from "playwright-core";
import sharp from "sharp";
import type { TestApp } from "../http/support.ts";

/** A server on one port that can be stopped and started again. */
export interface Server {
  readonly url: string;
  readonly stop: () => Promise<void>;
  readonly start: () => Promise<void>;
}

/** Answers a request, by default as the app does. */
type Answer = (request: Request, app: TestApp["app"]) => Response | Promise<Response>;

export const serveApp = async (
  { app }: TestApp,
  answer: Answer = (request) => app.fetch(request),
): Promise<Server> => {
  let server: ServerType;
  let port = 0;
  const start = async (): Promise<void> => {
    server = createAdaptorServer({ fetch: (request: Request) => answer(request, app) });
    await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
    ({ port } = server.address() as AddressInfo);
  };
  await start();
  return {
    url: `http://127.0.0.1:${port}`,
    start,
    stop: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        if ("closeAllConnections" in server) server.closeAllConnections();
      }),
  };
};

/** A page that notes what must not happen: errors, violations of the policy, requests to another origin. */
export interface Watched {
  readonly page: Page;
  readonly faults: string[];
}

/** A request that the service refuses, or cannot take, is told in the console by the browser itself. */
const TOLD_BY_BROWSER = "Failed to load resource";

export const openPage = async (browser: Browser, url: string, fragment = ""): Promise<Watched> => {
  const page = await browser.newPage({ viewport: { width: 1280, height: 820 } });
  const faults: string[] = [];
  page.on("console", (message) => {
    if (message.type() === "error" && !message.text().startsWith(TOLD_BY_BROWSER))
      faults.push(message.text());
  });
  page.on("pageerror", (error) => faults.push(error.message));
  page.on("request", (request) => {
    const address = request.url();
    if (!address.startsWith(url) && !address.startsWith("blob:")) faults.push(`a request to ${address}`);
  });
  await page.goto(`${url}/${fragment}`);
  return { page, faults };
};

/** What axe-core finds that keeps people out: its impacts `serious` and `critical`. */
export const seriousFaults = async (page: Page): Promise<string[]> => {
  // An answer that is being renewed is dimmed, and colours that fade in have less contrast than they end with.
  await page.locator(".stale").waitFor({ state: "detached" });
  await page.evaluate(async () => {
    await Promise.allSettled(document.getAnimations().map(({ finished }) => finished));
  });
  await page.evaluate(await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8"));
  const { violations } = await page.evaluate<AxeResults>("axe.run()");
  return violations
    .filter(({ impact }) => impact === "serious" || impact === "critical")
    .flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html}`));
};

export const pictureOf = (background: string): Promise<Buffer> =>
  sharp({ create: { width: 64, height: 64, channels: 3, background } })
    .png()
    .toBuffer();

/** Lets a picture fall onto the page. */
export const dropPicture = async (page: Page, name: string, bytes: Buffer): Promise<void> => {
  const dataTransfer = await page.evaluateHandle(
    ([base64, fileName]) => {
      const data = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
      const transfer = new DataTransfer();
      transfer.items.add(new File([data], fileName, { type: "image/png" }));
      return transfer;
    },
    [bytes.toString("base64"), name] as const,
  );
  await page.dispatchEvent("main", "drop", { dataTransfer });
};
