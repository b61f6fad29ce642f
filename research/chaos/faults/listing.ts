import type { AnchorBody } from "../../../src/features/client.ts";
import { createFindings, type Fault } from "../fault.ts";
import { openCollection } from "../service.ts";

const STABLE = 1_000;
const SPREAD = 40;
const LISTINGS = 3;

const anchor = (id: string, tag: number): AnchorBody => ({
  id,
  imageVector: [1, 2],
  textVector: [1, 2],
  metadata: { tag },
});
const number = (i: number): string => String(i).padStart(5, "0");

/** A filtered list beside writers has every anchor that nobody writes to, in order, and none that does not match. */
export const listing: Fault = {
  name: "listing",
  share: 2,
  prepare: async ({ shared }) => {
    const stable = Array.from({ length: STABLE }, (_, i) => `${number(i)}-stable`);
    const open = async () => openCollection(await shared(), "listing", 2);
    await (await open()).putAnchors(stable.map((id) => anchor(id, 1)));
    return {
      round: async (random) => {
        const { found, check } = createFindings();
        const collection = await open();
        let isOver = false;
        const spread = (suffix: string): string[] =>
          Array.from({ length: SPREAD }, () => `${number(random.integer(STABLE))}-${suffix}`);
        /** Ids that come and go. */
        const churn = async (suffix: string): Promise<void> => {
          while (!isOver) {
            const ids = [...new Set(spread(suffix))];
            await collection.putAnchors(ids.map((id) => anchor(id, 1)));
            await collection.deleteAnchors({ ids });
          }
        };
        /** Ids that match and do not match in turns. */
        const flip = async (): Promise<void> => {
          const ids = [...new Set(spread("flip"))];
          for (let tag = 0; !isOver; tag = 1 - tag)
            await collection.putAnchors(ids.map((id) => anchor(id, tag)));
          await collection.deleteAnchors({ ids });
        };
        const writing = Promise.all([churn("a"), churn("b"), flip()]);
        for (let i = 0; i < LISTINGS; i++) {
          const seen: string[] = [];
          const list = { filter: { tag: 1 }, pageSize: 10 + random.integer(200) };
          for await (const { id, metadata } of collection.listAnchors(list)) {
            check(metadata.tag === 1, `${id} was listed and does not match`);
            seen.push(id);
          }
          const missing = STABLE - seen.filter((id) => id.endsWith("-stable")).length;
          check(missing === 0, `a list lacked ${missing} of ${STABLE} anchors`);
          check(
            seen.every((id, at) => at === 0 || (seen[at - 1] ?? "") < id),
            "a list was not in order",
          );
        }
        isOver = true;
        await writing;
        return found;
      },
    };
  },
};
