import { setTimeout as pause } from "node:timers/promises";
import { createFindings, type Fault } from "../fault.ts";
import { listIds, openCollection } from "../service.ts";

const CLIENTS = 200;
const ANCHORS_A_WRITE = 50;
const DIMENSION = 64;
const LONGEST_STAY_MS = 300;
const NEXT_WITHIN_MS = 5_000;

const vector = Array.from({ length: DIMENSION }, (_, i) => i + 1);

/** Two hundred clients send a write each and hang up: the next write does not wait for theirs, and none is half done. */
export const goneClients: Fault = {
  name: "gone-clients",
  share: 2,
  prepare: ({ shared }) =>
    Promise.resolve({
      round: async (random) => {
        const { found, check } = createFindings();
        const service = await shared();
        const collection = await openCollection(service, "gone", DIMENSION);
        const anchorsOf = (client: number) =>
          Array.from({ length: ANCHORS_A_WRITE }, (_, i) => ({
            id: `${client}-${i}`,
            imageVector: vector,
            textVector: vector,
          }));
        const acknowledged = new Set<string>();
        const leaving = Array.from({ length: CLIENTS }, async (_, client) => {
          const stays = new AbortController();
          const sending = collection.putAnchors(anchorsOf(client), { signal: stays.signal }).then(
            () => anchorsOf(client).forEach(({ id }) => acknowledged.add(id)),
            () => undefined,
          );
          await pause(random.integer(LONGEST_STAY_MS));
          stays.abort();
          await sending;
        });
        await Promise.all(leaving);
        const start = performance.now();
        await collection.putAnchors([{ id: "next", imageVector: vector, textVector: vector }]);
        const ms = Math.round(performance.now() - start);
        check(ms < NEXT_WITHIN_MS, `a write waited ${ms} ms for those of clients that had gone`);

        const held = await listIds(collection);
        check(
          [...acknowledged].every((id) => held.has(id)),
          "what was acknowledged to a client is lost",
        );
        for (let client = 0; client < CLIENTS; client++) {
          const count = anchorsOf(client).filter(({ id }) => held.has(id)).length;
          check(count === 0 || count === ANCHORS_A_WRITE, `${count} anchors of one write are stored`);
        }
        await collection.delete();
        return found;
      },
    }),
};
