import { readFile } from "node:fs/promises";
import { platform } from "node:os";
import { setTimeout as pause } from "node:timers/promises";
import { isAlive } from "../../../src/store/processes.ts";
import { ask, type Request } from "../../../test/service/asking.ts";
import { createFindings, type Fault } from "../fault.ts";
import { CROWD, crowdQuery } from "../crowd.ts";
import { listIds, openCollection, readPostmaster } from "../service.ts";

const REQUESTS = 20;
const ANSWERED_WITHIN_MS = 5_000;
const LONGEST_MS = 4_000;

const anchors = "/v1/collections/hanging/anchors";
const put = (id: string): Request => ({
  method: "PUT",
  path: anchors,
  body: { anchors: [{ id, imageVector: [1, 2], textVector: [1, 2] }] },
});

const childrenOf = async (pid: number): Promise<number[]> =>
  (await readFile(`/proc/${pid}/task/${pid}/children`, "utf8")).trim().split(" ").filter(Boolean).map(Number);

/** Postgres is stopped amid requests and goes on later: what needs it is refused within 5 s, and all ends by itself. */
export const hangingPostgres: Fault = {
  name: "hanging-postgres",
  share: 1,
  notHere: () => (platform() === "linux" ? null : "the children of a process are listed by Linux alone"),
  prepare: ({ shared }) => {
    let writes = 0;
    const acknowledged = new Set<string>();
    return Promise.resolve({
      round: async (random) => {
        const { found, check, checkHeld } = createFindings();
        const service = await shared();
        const { url } = service;
        const hanging = await openCollection(service, "hanging", 2);
        const postmaster = Number((await readPostmaster(service.dataDir))[0]);
        const wholly = random.next() < 0.5;
        const stopped = [postmaster, ...(wholly ? await childrenOf(postmaster) : [])];
        const signal = (name: NodeJS.Signals): void => {
          for (const pid of stopped) if (isAlive(pid)) process.kill(pid, name);
        };
        const timed = async (request: Request): Promise<void> => {
          const start = performance.now();
          const { status } = await ask(url, request);
          const ms = performance.now() - start;
          const what = `${request.method} ${request.path}`;
          check([200, 404, 503].includes(status), `${what} was answered ${status}`);
          check(ms < ANSWERED_WITHIN_MS, `${what} was answered after ${Math.round(ms)} ms`);
        };
        const write = async (): Promise<void> => {
          const id = `h${writes++}`;
          if ((await ask(url, put(id))).status === 200) acknowledged.add(id);
        };

        const writing = Array.from({ length: REQUESTS }, write);
        await pause(random.integer(30));
        signal("SIGSTOP");
        try {
          await Promise.all([
            ...Array.from({ length: REQUESTS }, () => timed(put(`h${writes++}`))),
            ...Array.from({ length: REQUESTS }, () => timed({ method: "GET", path: `${anchors}/h0` })),
            timed({ method: "GET", path: "/readyz" }),
          ]);
          if (wholly) {
            const { status } = await ask(url, { method: "GET", path: "/readyz" });
            check(status === 503, `/readyz was answered ${status} beside a hanging Postgres`);
          }
          const until = performance.now() + random.integer(LONGEST_MS);
          for (let i = 0; i === 0 || performance.now() < until; i++) {
            const search = { method: "POST", path: `/v1/collections/${CROWD}/search`, body: crowdQuery(i) };
            const { status } = await ask(url, search);
            check(status === 200, `a search beside a hanging Postgres was answered ${status}`);
            await pause(200);
          }
        } finally {
          signal("SIGCONT");
        }
        await Promise.all(writing);
        await service.ready();
        await write();
        const held = await listIds(hanging);
        checkHeld(acknowledged, held);
        const { anchorCount } = await hanging.get();
        check(anchorCount === held.size, `memory holds ${anchorCount} anchors, Postgres ${held.size}`);
        return found;
      },
    });
  },
};
