import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { mkdir, open, rename, rm, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { pipeline } from "node:stream/promises";
import { AnchorageError } from "../../errors.ts";
import type { RemoteFile } from "./repository.ts";
import { get, PassingFault, persist, reasonOf, type Patience } from "./request.ts";

/** Called with the number of bytes of the file that are on disk. */
type OnBytes = (bytes: number) => void;

export interface Download {
  readonly url: URL;
  readonly file: RemoteFile;
  /** Path of the finished file. */
  readonly target: string;
  readonly onBytes: OnBytes;
  /** The error for an answer that a retry cannot change. */
  readonly refusal: (status: number) => AnchorageError;
}

/** The partial file, beside the target until it is complete and its hash matches. */
const partOf = (target: string): string => `${target}.part`;

/**
 * Downloads a file, resuming an earlier attempt or run. Only a complete file ever appears under its name; an existing
 * one is not downloaded again.
 *
 * @throws AnchorageError `corrupt-file` if the content differs from what the hub lists, `cancelled` (the partial file
 * stays and can be resumed), or the result of `refusal` for the server's answer.
 */
export const download = async (what: Download, patience: Patience): Promise<void> => {
  const { file, target, onBytes } = what;
  await mkdir(dirname(target), { recursive: true });
  if ((await sizeOf(target)) === file.size && (await hasHash(target, file.hash))) {
    onBytes(file.size);
    return;
  }
  const part = partOf(target);
  const resumed = (await sizeOf(part)) !== undefined;
  await fetchInto(part, what, patience);
  if (!(await hasHash(part, file.hash))) {
    await rm(part);
    // The partial file may belong to an older version.
    if (!resumed)
      throw new AnchorageError("corrupt-file", `${what.url.href} is not the file whose hash the hub lists.`);
    await download(what, patience);
    return;
  }
  await rename(part, target);
};

const fetchInto = (part: string, what: Download, patience: Patience): Promise<void> =>
  persist(patience, async (cameFurther) => {
    const { file, onBytes } = what;
    const here = (await sizeOf(part)) ?? 0;
    const from = here > file.size ? 0 : here;
    onBytes(from);
    if (from === file.size && from > 0) return;
    const response = await get(what.url, patience.signal, from > 0 ? { range: `bytes=${from}-` } : {});
    const start = startOf(response, from);
    if (start === undefined) {
      await response.body?.cancel();
      throw what.refusal(response.status);
    }
    const size = await append(part, start, response, what, cameFurther);
    if (size < file.size) throw new PassingFault(`${what.url.host} closed the connection early`);
  });

/** The first byte of the answer; undefined if it does not answer a request for the bytes from `from` on. */
const startOf = (response: Response, from: number): number | undefined => {
  // Also the answer of a server that does not support ranges.
  if (response.status === 200) return 0;
  const range = /^bytes (\d+)-/.exec(response.headers.get("content-range") ?? "");
  return response.status === 206 && Number(range?.[1]) === from ? from : undefined;
};

/** Appends the answer's body from `start` on, and returns the file's new size. */
const append = async (
  part: string,
  start: number,
  response: Response,
  { file, url, onBytes }: Download,
  cameFurther: () => void,
): Promise<number> => {
  const handle = await open(part, "a");
  let size = start;
  try {
    await handle.truncate(start);
    for await (const chunk of bodyOf(response, url)) {
      size += chunk.length;
      if (size > file.size)
        throw new AnchorageError(
          "corrupt-file",
          `${url.href} is larger than the ${file.size} bytes the hub lists.`,
        );
      await handle.write(chunk);
      cameFurther();
      onBytes(size);
    }
    await handle.sync();
    return size;
  } finally {
    await handle.close();
  }
};

async function* bodyOf(response: Response, url: URL): AsyncGenerator<Uint8Array> {
  try {
    if (response.body !== null) for await (const chunk of response.body) yield chunk as Uint8Array;
  } catch (error) {
    throw new PassingFault(`the connection to ${url.host} was cut: ${reasonOf(error)}`, { cause: error });
  }
}

const sizeOf = (path: string): Promise<number | undefined> =>
  stat(path).then(
    ({ size }) => size,
    () => undefined,
  );

const hasHash = async (path: string, { kind, hex }: RemoteFile["hash"]): Promise<boolean> => {
  const hash = createHash(kind === "sha256" ? "sha256" : "sha1");
  // Git hashes a file with a header in front.
  if (kind === "git-blob") hash.update(`blob ${(await stat(path)).size}\0`);
  await pipeline(createReadStream(path, { highWaterMark: 1 << 20 }), hash);
  return hash.digest("hex") === hex;
};
