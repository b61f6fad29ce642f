import type { Context } from "hono";
import type { Log } from "../../../types.ts";
import { messageOf } from "../../../errors.ts";
import { bindLogFields } from "../../../log.ts";

const headers = (name: string, length: number): Record<string, string> => ({
  "Content-Type": "application/octet-stream",
  "Content-Disposition": `attachment; filename="${name}"`,
  "Content-Length": String(length),
});

/** @param name of the file, of characters that need no quoting */
export const answerFile = (c: Context, name: string, bytes: Uint8Array): Response =>
  c.body(Uint8Array.from(bytes).buffer, 200, headers(name, bytes.length));

/**
 * Sends a file part by part, the next only when it is asked for; what fails on the way cuts the answer off, which is then
 * shorter than its announced length.
 */
export const streamFile = (
  c: Context,
  name: string,
  { length, chunks }: { readonly length: number; readonly chunks: () => AsyncGenerator<Uint8Array, void> },
  log: Log,
): Response => {
  const parts = chunks();
  const body = new ReadableStream<Uint8Array>({
    pull: bindLogFields(async (controller: ReadableStreamDefaultController<Uint8Array>) => {
      try {
        const { done, value } = await parts.next();
        if (done === true) controller.close();
        else controller.enqueue(value);
      } catch (error) {
        log.warn(`${name} was cut off: ${messageOf(error)}`);
        controller.error(error);
      }
    }),
    cancel: async () => {
      await parts.return();
    },
  });
  return c.body(body, 200, headers(name, length));
};
