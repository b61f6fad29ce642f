import { describe, expect, it } from "vitest";
import { createInProcessFetch } from "../../src/http/index.ts";

const URL_HERE = "http://anchorage.localhost/";
const fetchBy = (answer: (request: Request) => Response | Promise<Response>) =>
  createInProcessFetch({ fetch: answer });
const stopped = new Error("stopped");

/** An answer whose body goes on until it is cancelled. */
const endless = () => {
  const ended: { reason?: unknown } = {};
  const body = new ReadableStream<Uint8Array>({
    pull: (controller) => {
      controller.enqueue(new TextEncoder().encode("more\n"));
    },
    cancel: (reason) => {
      ended.reason = reason ?? "cancelled";
    },
  });
  return { ended, answer: () => new Response(body) };
};

describe("fetch in this process", () => {
  it("passes the method, the headers and the body on", async () => {
    const fetchHere = fetchBy(async (request) =>
      Response.json([request.method, request.headers.get("accept"), await request.text()]),
    );
    const init = {
      method: "PUT",
      headers: { accept: "a/b" },
      body: "text",
      signal: AbortSignal.timeout(9e8),
    };
    const response = await fetchHere(URL_HERE, init);
    expect(await response.json()).toEqual(["PUT", "a/b", "text"]);
  });

  it("does not ask where the signal has aborted before", async () => {
    const fetchHere = fetchBy(() => expect.fail("it was asked"));
    await expect(fetchHere(URL_HERE, { signal: AbortSignal.abort(stopped) })).rejects.toBe(stopped);
  });

  it("rejects with the signal's reason while it waits, and ends the answer that comes later", async () => {
    const { ended, answer } = endless();
    let respond = (): void => undefined;
    const fetchHere = fetchBy((request) => {
      expect(request.signal.aborted).toBe(false);
      return new Promise((resolve) => (respond = () => resolve(answer())));
    });
    const controller = new AbortController();
    const asked = fetchHere(URL_HERE, { signal: controller.signal });
    controller.abort(stopped);
    await expect(asked).rejects.toBe(stopped);
    respond();
    await expect.poll(() => ended.reason).toBe("cancelled");
  });

  it("ends a body that is being read with the signal's reason", async () => {
    const { ended, answer } = endless();
    const controller = new AbortController();
    const response = await fetchBy(answer)(URL_HERE, { signal: controller.signal });
    const reading = (async () => {
      for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>)
        if (chunk.length > 0) controller.abort(stopped);
    })();
    await expect(reading).rejects.toBe(stopped);
    expect(ended.reason).toBe(stopped);
  });
});
