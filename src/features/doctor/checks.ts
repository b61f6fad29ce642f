import { execFile } from "node:child_process";
import { constants } from "node:fs";
import { access, readdir, stat, statfs } from "node:fs/promises";
import { createServer } from "node:net";
import { freemem, totalmem } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { promisify } from "node:util";
import { encoderDirectory, type Config } from "../../config.ts";
import { messageOf } from "../../errors.ts";
import { hnswAvailable } from "../../retrieval/index.ts";
import { findBinaries } from "../../store/embedded/index.ts";
import { ENCODERS_PACKAGE, missingData } from "../files/data-packages/index.ts";

const GIB = 2 ** 30;
const LEAST_DISK = GIB / 4;
const ENOUGH_DISK = 2 * GIB;
const ENOUGH_MEMORY = GIB;
const OLDEST_NODE = [20, 19] as const;
const CONNECT_MS = 5_000;

/** One thing that Anchorage needs, and whether it is there. */
export interface MachineFinding {
  readonly name: string;
  /** `warning`: Anchorage runs without it, and does less. */
  readonly state: "ok" | "warning" | "missing";
  readonly found: string;
  /** How to mend it; null where nothing is to be done. */
  readonly mend: string | null;
}

const ok = (name: string, found: string): MachineFinding => ({ name, state: "ok", found, mend: null });
const warning = (name: string, found: string, mend: string): MachineFinding => ({
  name,
  state: "warning",
  found,
  mend,
});
const missing = (name: string, found: string, mend: string): MachineFinding => ({
  name,
  state: "missing",
  found,
  mend,
});

/**
 * Checks what Anchorage needs on this machine, and changes nothing.
 *
 * @param findService the address of the service that runs by the same settings, or null
 */
export const examine = async (
  config: Config,
  findService: () => Promise<string | null>,
): Promise<readonly MachineFinding[]> => [
  nodeVersion(process.versions.node),
  config.databaseUrl === null ? await embeddedPostgres() : await externalPostgres(config.databaseUrl),
  await library("ONNX Runtime", () => import("onnxruntime-node")),
  await library("sharp (images)", () => import("sharp")),
  ...(await graphs()),
  await dataFolder(config.dataDir),
  await disk(config.dataDir),
  memory(Math.min(totalmem(), process.constrainedMemory() || Infinity), freemem()),
  await port(config, findService),
  await encoders(config.dataDir),
];

/** @param version such as `22.1.0` */
export const nodeVersion = (version: string): MachineFinding => {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  const [oldest, oldestMinor] = OLDEST_NODE;
  return major > oldest || (major === oldest && minor >= oldestMinor)
    ? ok("Node", version)
    : missing("Node", version, `Install Node ${oldest}.${oldestMinor} or newer from https://nodejs.org.`);
};

const embeddedPostgres = async (): Promise<MachineFinding> => {
  try {
    const { postgres } = await findBinaries();
    const { stdout } = await promisify(execFile)(postgres, ["--version"]);
    return ok("Postgres", `embedded, ${stdout.trim()}`);
  } catch (error) {
    return missing(
      "Postgres",
      messageOf(error).split("\n", 1).join(""),
      "Run npm ci again, with optional packages, or set DATABASE_URL to a Postgres of your own.",
    );
  }
};

const externalPostgres = async (url: string): Promise<MachineFinding> => {
  const { default: pg } = await import("pg");
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: CONNECT_MS });
  try {
    await client.connect();
    const { rows } = await client.query<{ server_version: string }>("SHOW server_version");
    return ok("Postgres", `at DATABASE_URL, version ${rows[0]?.server_version ?? "unknown"}`);
  } catch (error) {
    const found = `DATABASE_URL does not answer: ${messageOf(error)}`;
    return missing(
      "Postgres",
      found,
      "Check its host, user and password, or unset it to use the embedded one.",
    );
  } finally {
    await client.end().catch(() => undefined);
  }
};

const library = async (name: string, load: () => Promise<unknown>): Promise<MachineFinding> => {
  try {
    await load();
    return ok(name, "loads");
  } catch (error) {
    const why = messageOf(error).split("\n", 1).join("");
    return missing(
      name,
      `does not load: ${why}`,
      "Run npm ci again on this machine, so that its own binary is installed.",
    );
  }
};

/** Only graphs need hnswlib-node, which is compiled where it is installed; partitions need neither. */
const graphs = async (): Promise<MachineFinding[]> => {
  const { available } = await hnswAvailable();
  if (available) return [ok("hnswlib (graphs)", "loads"), ok("compiler", "not needed: hnswlib is built")];
  const absent = await absentTools();
  return [
    ok(
      "hnswlib (graphs)",
      "not built: only profiles that ask for graphs and build-index --kind hnsw need it",
    ),
    absent.length === 0
      ? ok("compiler", "C++, make and Python are there")
      : ok("compiler", `not needed: ${absent.join(", ")} not found, which only hnswlib is built with`),
  ];
};

const TOOLS = {
  "C++ compiler": ["c++", "g++", "clang++", "cl.exe"],
  make: ["make", "msbuild.exe"],
  Python: ["python3", "python", "python.exe"],
};

const absentTools = async (): Promise<string[]> => {
  const folders = (process.env.PATH ?? "").split(delimiter);
  const isThere = async (names: readonly string[]): Promise<boolean> => {
    const tried = await Promise.allSettled(
      folders.flatMap((folder) => names.map((name) => access(join(folder, name), constants.X_OK))),
    );
    return tried.some(({ status }) => status === "fulfilled");
  };
  const absent: string[] = [];
  for (const [tool, names] of Object.entries(TOOLS)) if (!(await isThere(names))) absent.push(tool);
  return absent;
};

/** The folder, or the one above it that exists. */
const existing = async (folder: string): Promise<string> => {
  const isThere = await stat(folder).then(
    () => true,
    () => false,
  );
  return isThere || dirname(folder) === folder ? folder : existing(dirname(folder));
};

const dataFolder = async (dataDir: string): Promise<MachineFinding> => {
  const folder = await existing(dataDir);
  const writable = await access(folder, constants.W_OK).then(
    () => true,
    () => false,
  );
  if (!writable)
    return missing(
      "DATA_DIR",
      `${folder} cannot be written to`,
      "Choose another by DATA_DIR or --data-dir, or change its owner.",
    );
  return ok("DATA_DIR", folder === dataDir ? dataDir : `${dataDir}, created by the first start`);
};

const gib = (bytes: number): string => `${(bytes / GIB).toFixed(1)} GiB`;

const disk = async (dataDir: string): Promise<MachineFinding> => {
  const { bavail, bsize } = await statfs(await existing(dataDir));
  return diskSpace(bavail * bsize);
};

/** @param free bytes on the disk of DATA_DIR */
export const diskSpace = (free: number): MachineFinding => {
  const found = `${gib(free)} free`;
  const mend = "Make room, or put DATA_DIR on another disk.";
  if (free < LEAST_DISK) return missing("disk", found, mend);
  return free < ENOUGH_DISK ? warning("disk", found, mend) : ok("disk", found);
};

/** @param usable bytes that this process may use at most, by the machine or its container */
export const memory = (usable: number, free: number): MachineFinding => {
  const found = `${gib(usable)} usable, ${gib(Math.min(free, usable))} free`;
  return usable < ENOUGH_MEMORY
    ? warning(
        "memory",
        found,
        "Give the machine or the container at least 1 GiB; a million anchors of 512 dimensions take 4 GiB.",
      )
    : ok("memory", found);
};

const port = async (
  { host, port: number }: Config,
  findService: () => Promise<string | null>,
): Promise<MachineFinding> => {
  const service = await findService();
  if (service !== null) return ok("port", `a service of Anchorage listens at ${service}`);
  const fault = await new Promise<Error | null>((resolve) => {
    const server = createServer();
    server.once("error", resolve);
    server.listen(number, host, () => server.close(() => resolve(null)));
  });
  if (fault === null) return ok("port", `${number} on ${host} is free`);
  return missing("port", fault.message, "Choose another port by PORT or --port, or another HOST.");
};

const encoders = async (dataDir: string): Promise<MachineFinding> => {
  const folders = await readdir(encoderDirectory(dataDir)).catch(() => []);
  const stored = folders.filter((name) => !name.startsWith(".")).length;
  const absent = missingData(ENCODERS_PACKAGE, dataDir, "nsfwjs");
  if (stored > 0) return ok("encoders", `${stored} in ${encoderDirectory(dataDir)}`);
  return absent === null
    ? ok("encoders", "the default ones are installed; the first start imports them")
    : warning(
        "encoders",
        "none: only collections with external vectors work",
        "Run anchorage encoders add default, or anchorage encoders pull MODEL.",
      );
};
