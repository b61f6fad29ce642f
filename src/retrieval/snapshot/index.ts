/** A collection's anchors in a file, so that a start need not read them from Postgres. */
export { listsFileName, listSnapshots, parseListsFileName, removeSnapshots } from "./folder.ts";
export type { SnapshotHeader, SnapshotSubject } from "./format.ts";
export { readSnapshot } from "./read.ts";
export { writeSnapshot } from "./write.ts";
