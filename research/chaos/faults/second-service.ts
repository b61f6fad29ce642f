import { spawnSync } from "node:child_process";
import { startService as startProcess } from "../../../test/service/running.ts";
import { createFindings, type Fault, type Stage } from "../fault.ts";
import { COMPILED, listIds, openCollection } from "../service.ts";

/** Runs what follows in new namespaces, as a container runtime does. */
const IN_ANOTHER_CONTAINER = [
  "unshare",
  "--pid",
  "--ipc",
  "--mount",
  "--fork",
  "--mount-proc",
  "--kill-child",
] as const;
const [unshare, ...flags] = IN_ANOTHER_CONTAINER;

const prepare =
  (command: readonly [string, ...string[]]) =>
  ({ shared }: Stage) =>
    Promise.resolve({
      round: async () => {
        const { found, check, checkHeld } = createFindings();
        const first = await shared();
        const anchors = await openCollection(first, "second", 2);
        const second = startProcess(first.dataDir, { DATABASE_URL: "" }, command).then(async (running) => {
          await running.end("SIGKILL");
          return "it started";
        }, String);
        let refusal: string | undefined;
        void second.then((message) => (refusal = message));
        const written: string[] = [];
        for (let i = 0; refusal === undefined; i++) {
          await anchors.putAnchors([{ id: `a${i}`, imageVector: [1, i], textVector: [1, i] }]);
          written.push(`a${i}`);
        }
        check(refusal.includes("is in use by"), `a second service was not refused: ${refusal}`);
        checkHeld(written, await listIds(anchors));
        await anchors.delete();
        return found;
      },
    });

/** A second service on one DATA_DIR is refused, and the first does not suffer. */
export const secondService: Fault = { name: "second-service", share: 1, prepare: prepare(COMPILED) };

/** The same from another container, which sees no process of the first. */
export const secondContainer: Fault = {
  name: "second-container",
  share: 1,
  notHere: () =>
    spawnSync(unshare, [...flags, "true"]).status === 0
      ? null
      : "only root on Linux may make namespaces (unshare)",
  prepare: prepare([...IN_ANOTHER_CONTAINER, ...COMPILED]),
};
