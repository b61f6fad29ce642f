import { AnchorageApiError, type AnchorBody } from "../../../src/features/client.ts";
import { createFindings, type Fault } from "../fault.ts";
import { openCollection, type Service } from "../service.ts";

const NAME = "recreate";
const TIMES = 5;
const READERS = 4;
const QUERY = { query: { vector: [1, 2], modality: "image" }, target: "image", limit: 100 } as const;

const anchor = (id: string): AnchorBody => ({ id, imageVector: [1, 2], textVector: [1, 2] });

/** As a client that tries again until the name is free. */
const create = async ({ client }: Service) => {
  const external = { external: { dimension: 2 } };
  for (;;) {
    try {
      return await client.createCollection({ name: NAME, imageEncoder: external, textEncoder: external });
    } catch (error) {
      if (!(error instanceof AnchorageApiError) || error.status !== 409) throw error;
    }
  }
};

/** A collection is deleted and created at once: the answer describes the new one, and what is written to it stays. */
export const recreate: Fault = {
  name: "recreate",
  share: 2,
  prepare: ({ shared }) =>
    Promise.resolve({
      round: async () => {
        const { found, check } = createFindings();
        const service = await shared();
        await openCollection(service, NAME, 2);
        const collection = service.client.collection(NAME);
        for (let i = 0; i < TIMES; i++) {
          await collection.putAnchors(Array.from({ length: 20 }, (_, j) => anchor(`old${i}-${j}`)));
          let isOver = false;
          const reading = Array.from({ length: READERS }, async () => {
            while (!isOver)
              await collection.search(QUERY).catch((error: unknown) => {
                const status = error instanceof AnchorageApiError ? error.status : 0;
                check(status === 404, `a search beside a deletion was answered ${status}`);
              });
          });
          const [created] = await Promise.all([create(service), service.client.collection(NAME).delete()]);
          check(
            created.anchorCount === 0,
            `a new collection was said to have ${created.anchorCount} anchors`,
          );
          check(created.sequence === 0, `a new collection was said to be at sequence ${created.sequence}`);
          await collection.putAnchors([anchor(`new${i}`)]);
          const { hits } = await collection.search(QUERY);
          const ids = hits.map(({ id }) => id).join(", ");
          check(ids === `new${i}`, `a search found ${ids}, and new${i} was written`);
          isOver = true;
          await Promise.all(reading);
        }
        return found;
      },
    }),
};
