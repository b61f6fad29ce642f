import type { Context } from "hono";
import { streamSSE } from "hono/streaming";
import type { Log } from "../types.ts";
import { problemOf } from "./problem.ts";

/**
 * Sends the events of `run` as server-sent events, then its result as `result` or its error as `problem`. An error before
 * the first event is thrown, so that it is answered with its own status. If the client disconnects, the run is aborted.
 *
 * @param event name of the events
 * @param run calls `send` for each event
 */
export const sendEvents = async (
  c: Context,
  event: string,
  run: (signal: AbortSignal, send: (message: unknown) => void) => Promise<unknown>,
  log: Log,
): Promise<Response> => {
  const leaving = new AbortController();
  const waiting: unknown[] = [];
  let wake = (): void => undefined;
  const running = run(AbortSignal.any([leaving.signal, c.req.raw.signal]), (message) => {
    waiting.push(message);
    wake();
  });
  const ended = running.then(
    () => true,
    () => true,
  );
  const moved = (): Promise<boolean> =>
    Promise.race([ended, new Promise<boolean>((resolve) => (wake = () => resolve(false)))]);
  // A run that fails before its first event is answered like one that is not streamed.
  await moved();
  if (waiting.length === 0) await running;
  return streamSSE(c, async (stream) => {
    stream.onAbort(() => leaving.abort());
    let over = false;
    while (!over || waiting.length > 0) {
      const message = waiting.shift();
      if (message !== undefined) await stream.writeSSE({ event, data: JSON.stringify(message) });
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
