import { setImmediate } from "node:timers/promises";
import type { z } from "@hono/zod-openapi";
import type { Context } from "hono";
import type { OnlyKnown } from "../../../http/endpoint.ts";

/**
 * Answers with an object one of whose lists is long, an item at a time: others have their turn between, and nothing waits
 * for a text of all of it.
 *
 * @param _schema the answer's; a field that it does not know does not compile
 * @param head the object without the list; not empty
 */
export const answerJsonParts = <
  Answer extends z.ZodObject,
  List extends keyof z.output<Answer> & string,
  Head extends Omit<z.output<Answer>, List>,
  Item extends ItemOf<z.output<Answer>[List]>,
>(
  c: Context,
  _schema: Answer,
  head: Head & OnlyKnown<Head, Omit<z.output<Answer>, List>>,
  list: List,
  items: Iterable<Item & OnlyKnown<Item, ItemOf<z.output<Answer>[List]>>>,
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

type ItemOf<List> = List extends readonly (infer Item)[] ? Item : never;

function* textsOf(head: object, list: string, items: Iterable<unknown>): Generator<string, void> {
  yield `${JSON.stringify(head).slice(0, -1)},${JSON.stringify(list)}:[`;
  let between = "";
  for (const item of items) {
    yield `${between}${JSON.stringify(item)}`;
    between = ",";
  }
  yield "]}";
}
