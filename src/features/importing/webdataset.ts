import { basename, dirname, join } from "node:path";
import { isAnchorageError, messageOf } from "../../errors.ts";
import { corruptFile, fileFault, readTextFile, sizeOf } from "../files/index.ts";
import { pathExists } from "./locate.ts";
import { addMember, createSample, entriesOfSample, sizeOfSample, type Sample } from "./sample.ts";
import { shardMembers } from "./shard-members.ts";
import type { TableOptions } from "./table-options.ts";
import type { Entry, PairSource } from "./types.ts";

/** Samples whose members lie apart wait in memory for the rest, up to so many bytes. */
const MAX_WAITING = 512 * 1024 * 1024;

/**
 * One shard of a WebDataset: a tar archive (`.tar`, or `.tar.gz`), read as a stream. The members of a sample share a name
 * up to its first dot and may lie apart. Of a sample the first image is taken, `.txt` is its caption and `.json` its
 * metadata (and its caption if there is no `.txt`); the id is the shard's name, a slash, and the sample's key. Other
 * members are passed over.
 */
export const openShard = (file: string, options: TableOptions): PairSource => {
  const shard = basename(file).replace(/\.(tar|tar\.gz|tgz)$/i, "");
  let size = 0;
  let read = 0;

  return {
    unit: "sample",
    entries: async function* () {
      read = 0;
      size = await sizeOf(file);
      const classNames = await classNamesFor(file);
      const finish = (sample: Sample): Entry[] =>
        entriesOfSample(sample, { file, id: `${shard}/${sample.key}`, classNames }, options);
      const missing = await countMembers(file);
      const waiting = new Map<string, Sample>();
      let bytes = 0;
      let within: string | undefined;
      let last: string | undefined;
      try {
        for await (const member of shardMembers(file, (count) => (read = count))) {
          const { key } = member;
          within = last = key;
          let sample = waiting.get(key) ?? createSample(key);
          bytes -= sizeOfSample(sample);
          if (sample.extensions.includes(member.extension)) {
            // Shards that were joined may hold two samples of one key.
            yield* finish(sample);
            sample = createSample(key);
          }
          waiting.set(key, sample);
          await addMember(sample, member);
          bytes += sizeOfSample(sample);
          within = undefined;
          const rest = (missing.get(key) ?? 1) - 1;
          missing.set(key, rest);
          if (rest === 0) {
            waiting.delete(key);
            bytes -= sizeOfSample(sample);
            yield* finish(sample);
          } else if (bytes > MAX_WAITING) throw apart(file, waiting);
        }
      } catch (error) {
        const fault = fileFault(error, file);
        if (isAnchorageError(fault)) throw fault;
        // The break may come after the last member of a sample.
        for (const sample of waiting.values()) if (sample.key !== within) yield* wholeOnes(finish(sample));
        const after = last === undefined ? "" : ` in or after the sample "${last}"`;
        throw corruptFile(file, `the archive cannot be read on${after}: ${messageOf(error)}`, error);
      }
    },
    fraction: () => (size === 0 ? 0 : Math.min(1, read / size)),
  };
};

/** The lines of CLIP benchmark's `classnames.txt`, beside the shard or in the folder above; none where it is not there. */
const classNamesFor = async (file: string): Promise<readonly string[]> => {
  for (const folder of [dirname(file), dirname(dirname(file))]) {
    const path = join(folder, "classnames.txt");
    if (await pathExists(path)) return (await readTextFile(path)).trimEnd().split(/\r?\n/);
  }
  return [];
};

/** How many members each sample has; those up to a break, where there is one. */
const countMembers = async (file: string): Promise<Map<string, number>> => {
  const counts = new Map<string, number>();
  try {
    for await (const { key } of shardMembers(file)) counts.set(key, (counts.get(key) ?? 0) + 1);
  } catch (error) {
    const fault = fileFault(error, file);
    if (isAnchorageError(fault)) throw fault;
    // It is reported when the samples are read. Until then nothing says whether the last sample is whole.
    const last = Array.from(counts.keys()).at(-1);
    if (last !== undefined) counts.set(last, Infinity);
  }
  return counts;
};

const wholeOnes = (entries: readonly Entry[]): Entry[] =>
  entries.filter((entry) => entry.kind === "pair" && entry.text !== "");

const apart = (file: string, waiting: ReadonlyMap<string, Sample>): Error => {
  const [sample] = waiting.values();
  const { key = "", extensions = [] } = sample ?? {};
  const members = extensions.map((extension) => `${key}.${extension}`).join(", ");
  return corruptFile(
    file,
    `the files of a sample lie too far apart in this shard (${members} and the rest of "${key}"), ` +
      `and more than 512 MiB wait for theirs; pack it with tar --sort=name`,
  );
};
