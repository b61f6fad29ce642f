import { spawnSync } from "node:child_process";
import { cp, mkdir, rm } from "node:fs/promises";
import { platform } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { ask } from "../../../test/service/asking.ts";
import { createFindings, type Fault } from "../fault.ts";
import { endService, listIds, openCollection, startService, type Service } from "../service.ts";

const WRITES_BEFORE = 20;
const WRITES_ON_FULL_DISK = 20;
const LONGEST_PAUSE_MS = 200;
const STARTS_ON_FULL_DISK = 0.3;

const SEARCH = {
  method: "POST",
  path: "/v1/collections/disk/search",
  body: { query: { vector: [1, 2], modality: "image" }, target: "image" },
};
const put = (id: string) => ({
  method: "PUT",
  path: "/v1/collections/disk/anchors",
  body: { anchors: [{ id, text: "x".repeat(5_000), imageVector: [1, 2], textVector: [1, 2] }] },
});

/** The disk is full amid writes: they are refused, searches go on, and all is well once there is room. */
export const fullDisk: Fault = {
  name: "full-disk",
  share: 1,
  notHere: () =>
    platform() === "linux" && process.getuid?.() === 0
      ? null
      : "only root on Linux may mount a small disk (tmpfs)",
  prepare: async ({ makeDataDir, watch }) => {
    const source = await makeDataDir();
    const disk = `${source}-disk`;
    await mkdir(disk);
    const { status, stderr } = spawnSync("mount", ["-t", "tmpfs", "-o", "size=400m", "tmpfs", disk]);
    if (status !== 0) throw new Error(`no small disk was mounted: ${String(stderr)}`);
    const dataDir = join(disk, "data");
    await cp(source, dataDir, { recursive: true });
    const filler = join(disk, "filler");
    const fill = (): void => void spawnSync("dd", ["if=/dev/zero", `of=${filler}`, "bs=64k"]);
    const acknowledged = new Set<string>();
    let [writes, service]: [number, Service | undefined] = [0, undefined];

    const write = async (url: string): Promise<number> => {
      const id = `d${writes++}`;
      const { status: answered } = await ask(url, put(id));
      if (answered === 200) acknowledged.add(id);
      return answered;
    };

    return {
      round: async (random) => {
        const { found, check, checkHeld } = createFindings();
        const running = (service ??= await startService(dataDir));
        await watch(running);
        await openCollection(running, "disk", 2);
        const filling = pause(random.integer(LONGEST_PAUSE_MS)).then(fill);
        for (let i = 0; i < WRITES_BEFORE; i++) await write(running.url);
        await filling;
        for (let i = 0; i < WRITES_ON_FULL_DISK; i++) {
          const answered = await write(running.url);
          check([200, 503, 507].includes(answered), `a write on a full disk was answered ${answered}`);
          const { status: searched } = await ask(running.url, SEARCH);
          check(searched === 200, `a search beside a full disk was answered ${searched}`);
        }
        check(!/ended by itself|defect/.test(running.output()), `beside a full disk: ${running.output()}`);

        if (random.next() < STARTS_ON_FULL_DISK) {
          await endService(running);
          fill();
          // It may start where it has room of its own to give up.
          service = await startService(dataDir).catch((error: unknown) => {
            const words = String(error);
            check(/disk is full/i.test(words), `a start on a full disk said ${words}`);
            check(!words.includes("corrupt"), `a start on a full disk said ${words}`);
            return undefined;
          });
        }
        await rm(filler);
        service ??= await startService(dataDir);
        await watch(service);
        await service.ready();
        check((await write(service.url)) === 200, "a write was refused once there was room");
        checkHeld(acknowledged, await listIds(service.client.collection("disk")));
        return found;
      },
      close: async () => {
        if (service !== undefined) await endService(service);
        spawnSync("umount", ["-l", disk]);
        await rm(disk, { recursive: true });
      },
    };
  },
};
