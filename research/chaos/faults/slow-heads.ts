import { ask } from "../../../test/service/asking.ts";
import { crowdQuery, CROWD } from "../crowd.ts";
import { createFindings, type Fault } from "../fault.ts";
import { awaitCutOff, connectSlowly } from "../peers.ts";

/** A head has 10 s, and the service looks every second. */
const CUT_OFF_WITHIN_MS = 13_000;

/** Heads of requests that never end are cut off, and others are served beside them. */
export const slowHeads: Fault = {
  name: "slow-heads",
  share: 1,
  prepare: ({ shared }) =>
    Promise.resolve({
      round: async (random) => {
        const { found, check } = createFindings();
        const { url } = await shared();
        const peers = Array.from({ length: 50 + random.integer(200) }, () =>
          connectSlowly(url, "GET /healthz HTTP/1.1\r\n", "X-A: b\r\n", 200 + random.integer(2_000)),
        );
        const search = { method: "POST", path: `/v1/collections/${CROWD}/search`, body: crowdQuery(1) };
        check((await ask(url, search)).status === 200, "a search beside slow heads was not answered");
        const left = await awaitCutOff(peers, CUT_OFF_WITHIN_MS);
        check(left === 0, `${left} of ${peers.length} slow heads were not cut off`);
        return found;
      },
    }),
};
