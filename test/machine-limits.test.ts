import { cpus } from "node:os";
import { describe, expect, test } from "vitest";
import {
  availableThreads,
  readCpuQuota,
  readMemoryGroup,
  threadOptions,
  type ReadFile,
} from "../src/machine-limits.ts";

const filesOf =
  (files: Readonly<Record<string, string>>): ReadFile =>
  (path) =>
    files[path] ?? null;

describe("control groups of version 2", () => {
  const inContainer = {
    "/proc/self/cgroup": "0::/\n",
    "/sys/fs/cgroup/cpu.max": "150000 100000\n",
    "/sys/fs/cgroup/memory.max": "536870912\n",
    "/sys/fs/cgroup/memory.current": "300000000\n",
    "/sys/fs/cgroup/memory.stat": "anon 1\ninactive_file 100000000\nactive_file 7\n",
  };

  test("a container's quota is its share of processors", () => {
    expect(readCpuQuota(filesOf(inContainer))).toBe(1.5);
  });

  test("a container's use of memory leaves out file pages that the kernel would take back", () => {
    const group = readMemoryGroup(filesOf(inContainer));
    expect(group?.limit).toBe(536_870_912);
    expect(group?.used()).toBe(200_000_000);
  });

  test("the lowest limit among a group and those around it binds", () => {
    const read = filesOf({
      "/proc/self/cgroup": "0::/kubepods/pod1/box\n",
      "/sys/fs/cgroup/kubepods/pod1/box/cpu.max": "max 100000\n",
      "/sys/fs/cgroup/kubepods/pod1/cpu.max": "200000 100000\n",
      "/sys/fs/cgroup/kubepods/cpu.max": "800000 100000\n",
      "/sys/fs/cgroup/kubepods/pod1/box/memory.max": "max\n",
      "/sys/fs/cgroup/kubepods/pod1/memory.max": "1000\n",
      "/sys/fs/cgroup/kubepods/memory.max": "5000\n",
    });
    expect(readCpuQuota(read)).toBe(2);
    expect(readMemoryGroup(read)?.limit).toBe(1000);
  });

  test("a group without limits has none", () => {
    const read = filesOf({
      "/proc/self/cgroup": "0::/user.slice\n",
      "/sys/fs/cgroup/user.slice/cpu.max": "max 100000\n",
      "/sys/fs/cgroup/user.slice/memory.max": "max\n",
    });
    expect(readCpuQuota(read)).toBeNull();
    expect(readMemoryGroup(read)).toBeNull();
  });
});

describe("control groups of version 1", () => {
  test("quota and limit are read from each controller's own tree", () => {
    const read = filesOf({
      "/proc/self/cgroup": "4:memory:/docker/abc\n2:cpu,cpuacct:/docker/abc\n0::/\n",
      // The container mounts its own group at the top.
      "/sys/fs/cgroup/cpu/cpu.cfs_quota_us": "400000\n",
      "/sys/fs/cgroup/cpu/cpu.cfs_period_us": "100000\n",
      "/sys/fs/cgroup/memory/memory.limit_in_bytes": "2147483648\n",
      "/sys/fs/cgroup/memory/memory.usage_in_bytes": "1500\n",
      "/sys/fs/cgroup/memory/memory.stat": "inactive_file 1\ntotal_inactive_file 500\n",
    });
    expect(readCpuQuota(read)).toBe(4);
    const group = readMemoryGroup(read);
    expect(group?.limit).toBe(2_147_483_648);
    expect(group?.used()).toBe(1_000);
  });

  test("a quota of -1 and the greatest number of pages are no limits", () => {
    const read = filesOf({
      "/proc/self/cgroup": "4:memory:/\n1:cpu:/\n",
      "/sys/fs/cgroup/cpu/cpu.cfs_quota_us": "-1\n",
      "/sys/fs/cgroup/cpu/cpu.cfs_period_us": "100000\n",
      "/sys/fs/cgroup/memory/memory.limit_in_bytes": "9223372036854771712\n",
    });
    expect(readCpuQuota(read)).toBeNull();
    expect(readMemoryGroup(read)).toBeNull();
  });
});

test("a machine without control groups has no limits", () => {
  expect(readCpuQuota(() => null)).toBeNull();
  expect(readMemoryGroup(() => null)).toBeNull();
});

test("ONNX Runtime gets a number of threads where not every processor may be used", () => {
  const threads = availableThreads();
  expect(threads).toBeGreaterThanOrEqual(1);
  expect(threadOptions()).toEqual(
    threads < cpus().length ? { intraOpNumThreads: threads, interOpNumThreads: 1 } : {},
  );
});
