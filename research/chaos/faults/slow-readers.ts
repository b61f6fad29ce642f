import type { Socket } from "node:net";
import { setTimeout as pause } from "node:timers/promises";
import { ask } from "../../../test/service/asking.ts";
import { crowdQuery, CROWD } from "../crowd.ts";
import { createFindings, type Fault } from "../fault.ts";
import { awaitCutOff, connectSlowly } from "../peers.ts";

/**
 * An answer must be read by 16 KiB in each 30 s. The first of them has what fits into buffers, and the service looks every
 * 10 s: a reader that stalls is cut off within 80 s of the answer's first bytes.
 */
const CUT_OFF_AFTER_MS = 90_000;
const READ_WITHIN_MS = 10_000;

/** Resolves when the first bytes of the answer have come, or none will; no more are read then. */
const stall = (socket: Socket): Promise<void> =>
  new Promise((resolve) => {
    socket.once("close", resolve);
    socket.once("data", () => {
      socket.pause();
      resolve();
    });
  });

/** Peers ask for long lists and read hardly any of them: they are cut off, and others are served beside them. */
export const slowReaders: Fault = {
  name: "slow-readers",
  share: 1,
  prepare: ({ shared }) =>
    Promise.resolve({
      round: async (random) => {
        const { found, check } = createFindings();
        const { url } = await shared();
        const path = `/v1/collections/${CROWD}/anchors?vectors=true&limit=1000`;
        const length = (await (await fetch(`${url}${path}`)).arrayBuffer()).byteLength;
        const peers = Array.from({ length: 20 + random.integer(30) }, () =>
          connectSlowly(url, `GET ${path} HTTP/1.1\r\nHost: localhost\r\n\r\n`),
        );
        await Promise.all(peers.map(({ socket }) => stall(socket)));
        const until = performance.now() + CUT_OFF_AFTER_MS;
        for (let i = 0; performance.now() < until; i++) {
          const search = { method: "POST", path: `/v1/collections/${CROWD}/search`, body: crowdQuery(i) };
          check((await ask(url, search)).status === 200, "a search beside slow readers was not answered");
          await pause(500);
        }
        for (const { socket } of peers) socket.resume();
        const left = await awaitCutOff(peers, READ_WITHIN_MS);
        const whole = peers.filter((peer) => peer.received() >= length).length;
        check(left + whole === 0, `${left + whole} of ${peers.length} slow readers were not cut off`);
        return found;
      },
    }),
};
