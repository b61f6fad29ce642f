import { mkdir, open, rename, rm, type FileHandle } from "node:fs/promises";
import { join } from "node:path";
import { crc32 } from "node:zlib";
import { BYTE_ORDER } from "../byte-order.ts";
import type { Modality } from "../../types.ts";
import type { AnchorView, Slot } from "../types.ts";
import { removeSnapshots, snapshotName, writingName } from "./folder.ts";
import {
  ANCHORS_AT_ONCE,
  encodeHeader,
  HEADER_BYTES,
  lineOf,
  SECTIONS,
  type SectionName,
  type SnapshotHeader,
  type SnapshotSubject,
} from "./format.ts";

/** Bytes between two flushes, so that the last one is short. */
const SYNCED_BYTES = 64 * 1024 * 1024;

/**
 * Writes the live anchors of `view` to a file in `folder` that appears once it is complete and durable, then removes
 * earlier snapshots. On failure they stay.
 *
 * @param subject the collection and encoders, and `mark`, the store's mark of the write at the view's sequence
 * @throws the signal's reason, or the error of the file system
 */
export const writeSnapshot = async (
  folder: string,
  view: AnchorView,
  subject: SnapshotSubject & Pick<SnapshotHeader, "mark">,
  signal?: AbortSignal,
): Promise<void> => {
  await mkdir(folder, { recursive: true });
  const writing = join(folder, writingName(view.sequence));
  const name = snapshotName(view.sequence);
  try {
    const file = await open(writing, "w");
    try {
      const { collection, encoders, mark } = subject;
      const { sequence, size: anchors } = view;
      const sections = await writeSections(file, view, signal);
      const header = { collection, encoders, sequence, mark, anchors, byteOrder: BYTE_ORDER, sections };
      await writeAll(file, encodeHeader(header), 0);
      signal?.throwIfAborted();
      await file.sync();
    } finally {
      await file.close();
    }
    signal?.throwIfAborted();
    await rename(writing, join(folder, name));
  } catch (error) {
    await rm(writing, { force: true }).catch(() => undefined);
    throw error;
  }
  await syncFolder(folder);
  await removeSnapshots(folder, name);
  // A removed file must not reappear after a power failure.
  await syncFolder(folder);
};

const writeSections = async (
  file: FileHandle,
  view: AnchorView,
  signal: AbortSignal | undefined,
): Promise<SnapshotHeader["sections"]> => {
  const sections = { entries: EMPTY, image: EMPTY, text: EMPTY };
  let position = HEADER_BYTES;
  let unsynced = 0;
  for (const name of SECTIONS) {
    let { bytes, crc32: sum } = EMPTY;
    for (const slots of liveSlots(view)) {
      signal?.throwIfAborted();
      const part = name === "entries" ? linesOf(view, slots) : rowsOf(view, name, slots);
      await writeAll(file, part, position + bytes);
      sum = crc32(part, sum);
      bytes += part.length;
      unsynced += part.length;
      if (unsynced < SYNCED_BYTES) continue;
      await file.datasync();
      unsynced = 0;
    }
    sections[name] = { bytes, crc32: sum };
    position += bytes;
  }
  return sections;
};

const EMPTY: SnapshotHeader["sections"][SectionName] = { bytes: 0, crc32: 0 };

/** In slot order, in batches. */
function* liveSlots({ slotCount, isLive }: AnchorView): Generator<Slot[]> {
  let slots: Slot[] = [];
  for (let slot = 0; slot < slotCount; slot++) {
    if (isLive(slot)) slots.push(slot);
    if (slots.length < ANCHORS_AT_ONCE) continue;
    yield slots;
    slots = [];
  }
  if (slots.length > 0) yield slots;
}

const linesOf = (view: AnchorView, slots: readonly Slot[]): Buffer =>
  Buffer.from(slots.map((slot) => lineOf(view.entry(slot))).join(""));

const rowsOf = (view: AnchorView, modality: Modality, slots: readonly Slot[]): Buffer =>
  Buffer.from(view.vectors(modality, slots).buffer);

const writeAll = async (file: FileHandle, bytes: Buffer, position: number): Promise<void> => {
  for (let written = 0; written < bytes.length;)
    written += (await file.write(bytes, written, bytes.length - written, position + written)).bytesWritten;
};

/** The rename is durable only after this; on systems that cannot open a folder the file system ensures it. */
const syncFolder = async (folder: string): Promise<void> => {
  const handle = await open(folder, "r").catch(() => undefined);
  await handle?.sync().catch(() => undefined);
  await handle?.close();
};
