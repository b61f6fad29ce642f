import { setImmediate } from "node:timers/promises";
import type { Context } from "hono";

/**
 * Answers with an object one of whose lists is long, an item at a time: others have their turn between, and nothing waits
 * for a text of all of it.
 *
 * @param head the object without the list; not empty
 */
export const answerJsonParts = (
  c: Context,
  head: object,
  list: string,
  items: Iterable<unknown>,
): Response => {
  const texts = textsOf(head, list, items);
  const encoder = new TextEncoder();
  const body = new ReadableStream<Uint8Array>({
    pull: async (controller) => {
      await setImmediate();
      const { done, value } = texts.next();
      if (done === true) controller.close();
      else controller.enqueue(encoder.encode(value));
    },
  });
  return c.body(body, 200, { "Content-Type": "application/json" });
};

function* textsOf(head: object, list: string, items: Iterable<unknown>): Generator<string, void> {
  yield `${JSON.stringify(head).slice(0, -1)},${JSON.stringify(list)}:[`;
  let between = "";
  for (const item of items) {
    yield `${between}${JSON.stringify(item)}`;
    between = ",";
  }
  yield "]}";
}
