import { endianness } from "node:os";

/** Byte order of the numbers in this machine's memory and in the files that are written from it. */
export const BYTE_ORDER = endianness();
