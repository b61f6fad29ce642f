import type { OpenAPIHono } from "@hono/zod-openapi";

/**
 * What answers requests in this process as fetch does over a network: a call whose signal aborts rejects with the
 * signal's reason, and a body that is still being read ends.
 */
export const createInProcessFetch =
  (app: Pick<OpenAPIHono, "fetch">) =>
  async (url: string, init: RequestInit): Promise<Response> => {
    const { signal } = init;
    signal?.throwIfAborted();
    const answer = Promise.resolve(app.fetch(new Request(url, init)));
    if (!(signal instanceof AbortSignal)) return answer;
    const response = await untilAborted(answer, signal);
    if (response.body === null) return response;
    return new Response(response.body.pipeThrough(new TransformStream(), { signal }), response);
  };

/** The answer, or the signal's reason where it aborts first: then no one reads the answer's body, and it is ended. */
const untilAborted = async (answer: Promise<Response>, signal: AbortSignal): Promise<Response> => {
  let abandon = (): void => undefined;
  const aborted = new Promise<null>((resolve) => {
    abandon = () => resolve(null);
    signal.addEventListener("abort", abandon);
  });
  try {
    const first = await Promise.race([answer, aborted]);
    if (first !== null) return first;
    void answer.then(({ body }) => body?.cancel()).catch(() => undefined);
    throw signal.reason;
  } finally {
    signal.removeEventListener("abort", abandon);
  }
};
