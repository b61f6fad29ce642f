import type { Fault } from "./fault.ts";
import { brackets } from "./faults/brackets.ts";
import { deleteByFilter } from "./faults/delete-by-filter.ts";
import { fullDisk } from "./faults/full-disk.ts";
import { goneClients } from "./faults/gone-clients.ts";
import { hangingPostgres } from "./faults/hanging-postgres.ts";
import { imageBombs } from "./faults/image-bombs.ts";
import { kill } from "./faults/kill.ts";
import { listing } from "./faults/listing.ts";
import { recreate } from "./faults/recreate.ts";
import { roguePostgres } from "./faults/rogue-postgres.ts";
import { secondContainer, secondService } from "./faults/second-service.ts";
import { slowBodies } from "./faults/slow-bodies.ts";
import { slowHeads } from "./faults/slow-heads.ts";
import { slowReaders } from "./faults/slow-readers.ts";
import { wideFilter } from "./faults/wide-filter.ts";

/** All faults, in the order of the table. */
export const FAULTS: readonly Fault[] = [
  kill,
  secondService,
  secondContainer,
  fullDisk,
  hangingPostgres,
  roguePostgres,
  slowHeads,
  slowBodies,
  slowReaders,
  imageBombs,
  wideFilter,
  brackets,
  listing,
  deleteByFilter,
  goneClients,
  recreate,
];
