import { ask } from "../../../test/service/asking.ts";
import { crowdQuery, CROWD } from "../crowd.ts";
import { createFindings, type Fault } from "../fault.ts";
import { awaitCutOff, connectSlowly } from "../peers.ts";

/** A body must bring 256 bytes in 30 s; the service looks every 10 s. */
const CUT_OFF_WITHIN_MS = 55_000;

/** Bodies that come byte by byte are cut off, and others are served beside them. */
export const slowBodies: Fault = {
  name: "slow-bodies",
  share: 1,
  prepare: ({ shared }) =>
    Promise.resolve({
      round: async (random) => {
        const { found, check } = createFindings();
        const { url } = await shared();
        const head =
          `PUT /v1/collections/${CROWD}/anchors HTTP/1.1\r\nHost: localhost\r\n` +
          "Content-Type: application/json\r\nContent-Length: 10000000\r\n\r\n";
        const peers = Array.from({ length: 50 + random.integer(100) }, () =>
          connectSlowly(url, head, " ", 1_000 + random.integer(2_000)),
        );
        const search = { method: "POST", path: `/v1/collections/${CROWD}/search`, body: crowdQuery(2) };
        check((await ask(url, search)).status === 200, "a search beside slow bodies was not answered");
        const left = await awaitCutOff(peers, CUT_OFF_WITHIN_MS);
        check(left === 0, `${left} of ${peers.length} slow bodies were not cut off`);
        return found;
      },
    }),
};
