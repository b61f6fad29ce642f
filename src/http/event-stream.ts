import type { Context } from "hono";
import { streamSSE } from "hono/streaming";
import type { Log } from "../types.ts";
import { problemOf } from "./problem.ts";

/**
 * Sends what `run` tells as server-sent events as it comes, then what it resolves with as `result`, or a `problem`. What is
 * wrong with the request is thrown before anything is sent; where the client goes the run is ended.
 *
 * @param event what it tells is called
 */
export const sendEvents = async (
  c: Context,
  event: string,
  run: (signal: AbortSignal, tell: (told: unknown) => void) => Promise<unknown>,
  log: Log,
): Promise<Response> => {
  const leaving = new AbortController();
  const waiting: unknown[] = [];
  let wake = (): void => undefined;
  const running = run(AbortSignal.any([leaving.signal, c.req.raw.signal]), (told) => {
    waiting.push(told);
    wake();
  });
  const ended = running.then(
    () => true,
    () => true,
  );
  const moved = (): Promise<boolean> =>
    Promise.race([ended, new Promise<boolean>((resolve) => (wake = () => resolve(false)))]);
  // A run that fails before it tells anything is refused as one that is not streamed.
  await moved();
  if (waiting.length === 0) await running;
  return streamSSE(c, async (stream) => {
    stream.onAbort(() => leaving.abort());
    let over = false;
    while (!over || waiting.length > 0) {
      const told = waiting.shift();
      if (told !== undefined) await stream.writeSSE({ event, data: JSON.stringify(told) });
      else over = await moved();
    }
    try {
      await stream.writeSSE({ event: "result", data: JSON.stringify(await running) });
    } catch (error) {
      if (!leaving.signal.aborted)
        await stream.writeSSE({ event: "problem", data: JSON.stringify(problemOf(error, log)) });
    }
  });
};
