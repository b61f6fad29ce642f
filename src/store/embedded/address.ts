import { closeSync, constants, openSync } from "node:fs";
import { mkdtemp, rm, symlink } from "node:fs/promises";
import { platform, tmpdir } from "node:os";
import { join } from "node:path";
import { SUPERUSER, type Cluster } from "./cluster.ts";

/** Where this process reaches a server. */
export interface Address {
  /** `postgres://...` of the database `postgres`, with the password; `connectionOf` reads it. */
  readonly url: string;
  /** Gives up the short path, if one was needed. */
  readonly close: () => Promise<void>;
}

/** The path of a Unix socket has at most 103 bytes on macOS and 107 on Linux. */
const LONGEST_PATH = 103;

/** The address of the server on `cluster` that listens on a socket in the cluster's folder. */
export const socketAddress = async (cluster: Cluster, port: number): Promise<Address> => {
  const { path, close } = await shortPath(cluster.directory, port);
  return { url: urlOf(cluster, encodeURIComponent(path), port), close };
};

/** The address of the server on `cluster` that listens on loopback. */
export const loopbackAddress = (cluster: Cluster, port: number): Address => ({
  url: urlOf(cluster, "127.0.0.1", port),
  close: () => Promise.resolve(),
});

const urlOf = ({ password }: Cluster, host: string, port: number): string =>
  `postgres://${SUPERUSER}:${password}@${host}:${port}/postgres?sslmode=disable&require_auth=scram-sha-256`;

interface ShortPath {
  readonly path: string;
  readonly close: () => Promise<void>;
}

const shortPath = async (directory: string, port: number): Promise<ShortPath> => {
  if (Buffer.byteLength(join(directory, `.s.PGSQL.${port}`)) <= LONGEST_PATH)
    return { path: directory, close: () => Promise.resolve() };
  if (platform() === "linux") {
    const descriptor = openSync(directory, constants.O_RDONLY | constants.O_DIRECTORY);
    return {
      path: `/proc/${process.pid}/fd/${descriptor}`,
      close: () => {
        closeSync(descriptor);
        return Promise.resolve();
      },
    };
  }
  // A folder of mode 0700, so that nobody else can replace the link.
  const folder = await mkdtemp(join(tmpdir(), "anchorage-"));
  const path = join(folder, "postgres");
  await symlink(directory, path);
  return { path, close: () => rm(folder, { recursive: true, force: true }) };
};
