import { readFileSync } from "node:fs";
import { availableParallelism, cpus } from "node:os";

/** Reads a file of the kernel; null where it is not there. */
export type ReadFile = (path: string) => string | null;

const readKernelFile: ReadFile = (path) => {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return null;
  }
};

const ROOT = "/sys/fs/cgroup";
/** Version 1 says "no limit" by the greatest whole page of 63 bits. */
const UNLIMITED = 2 ** 60;

/** The folders of the process's control group and of those around it, from the inside out. */
interface Groups {
  readonly version: 1 | 2;
  readonly folders: readonly string[];
}

const groupsOf = (controller: "cpu" | "memory", read: ReadFile): Groups[] =>
  (read("/proc/self/cgroup") ?? "").split("\n").flatMap((line): Groups[] => {
    const [, controllers = "", ...rest] = line.split(":");
    const path = rest.join(":");
    if (!path.startsWith("/")) return [];
    const isSecond = controllers === "";
    if (!isSecond && !controllers.split(",").includes(controller)) return [];
    const parts = path.split("/").filter((part) => part !== "");
    // A container sees its own group at the top, whatever the path says.
    const folders = parts.map((_, i) => parts.slice(0, parts.length - i).join("/")).concat("");
    const root = isSecond ? ROOT : `${ROOT}/${controller}`;
    return [
      {
        version: isSecond ? 2 : 1,
        folders: folders.map((folder) => [root, folder].join("/").replace(/\/$/, "")),
      },
    ];
  });

/**
 * How many processors the control groups of this process allow it, such as 1.5; null where they set no quota. A group's own
 * quota and those of the groups around it count, in version 1 (`cpu.cfs_quota_us`) and 2 (`cpu.max`).
 *
 * @example
 * ```ts
 * readCpuQuota(); // 2, in a container that was started with --cpus 2
 * ```
 */
export const readCpuQuota = (read: ReadFile = readKernelFile): number | null => {
  const quotas = groupsOf("cpu", read).flatMap(({ version, folders }) =>
    folders.flatMap((folder) => {
      const [quota, period] =
        version === 2
          ? (read(`${folder}/cpu.max`) ?? "").split(/\s+/)
          : [read(`${folder}/cpu.cfs_quota_us`), read(`${folder}/cpu.cfs_period_us`)];
      const share = Number(quota ?? NaN) / Number(period ?? NaN);
      return Number.isFinite(share) && share > 0 ? [share] : [];
    }),
  );
  return quotas.length === 0 ? null : Math.min(...quotas);
};

/** The control group whose limit of memory binds this process. */
export interface MemoryGroup {
  /** Bytes. */
  readonly limit: number;
  /** What the group's processes use, without the file pages that the kernel would take back first. */
  readonly used: () => number;
}

/** The lowest limit of memory among this process's control group and those around it; null where none is set. */
export const readMemoryGroup = (read: ReadFile = readKernelFile): MemoryGroup | null => {
  const number = (path: string): number => Number((read(path) ?? "").trim() || NaN);
  const found = groupsOf("memory", read).flatMap(({ version, folders }) =>
    folders.flatMap((folder): MemoryGroup[] => {
      const names = version === 2 ? SECOND : FIRST;
      const limit = number(`${folder}/${names.limit}`);
      if (!(limit < UNLIMITED)) return [];
      const used = (): number => {
        const [, cached = "0"] = names.cached.exec(read(`${folder}/memory.stat`) ?? "") ?? [];
        return number(`${folder}/${names.usage}`) - Number(cached);
      };
      return [{ limit, used }];
    }),
  );
  return found.reduce<MemoryGroup | null>(
    (least, group) => (least === null || group.limit < least.limit ? group : least),
    null,
  );
};

const FIRST = {
  limit: "memory.limit_in_bytes",
  usage: "memory.usage_in_bytes",
  cached: /^total_inactive_file (\d+)$/m,
};
const SECOND = { limit: "memory.max", usage: "memory.current", cached: /^inactive_file (\d+)$/m };

let threads: number | undefined;

/**
 * How many threads can compute at a time: the processors that this process may use, within its CPU quota rounded down. More
 * threads than the quota would have the kernel stop all of them, the event loop included, until the next period.
 * `os.availableParallelism` knows of affinity alone before Node 22.
 *
 * @returns at least 1
 * @example
 * ```ts
 * const processes = availableThreads() > 4 ? 3 : 2;
 * ```
 */
export const availableThreads = (): number => {
  threads ??= Math.max(1, Math.min(availableParallelism(), Math.floor(readCpuQuota() ?? Infinity)));
  return threads;
};

/**
 * The options by which a session of ONNX Runtime keeps to {@link availableThreads}; none where every processor of the
 * machine may be used, for then its own choice is better: a thread for each physical core, bound to it.
 *
 * @example
 * ```ts
 * const session = await InferenceSession.create(file, { ...threadOptions(), logSeverityLevel: 3 });
 * ```
 */
export const threadOptions = (): {
  readonly intraOpNumThreads?: number;
  readonly interOpNumThreads?: number;
} =>
  availableThreads() < cpus().length ? { intraOpNumThreads: availableThreads(), interOpNumThreads: 1 } : {};
