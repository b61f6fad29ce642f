import { z } from "@hono/zod-openapi";
import { optional } from "../../api/values.ts";
import { backupHeader } from "./format.ts";

export const backupRequest = z
  .strictObject({
    contents: optional(
      backupHeader.shape.contents.openapi({
        default: "everything",
        description: "`receipts`: only the chains of receipts, which a restore of an older backup needs.",
      }),
    ),
    base: optional(
      backupHeader.shape.base.unwrap().openapi({
        description:
          "The header of the backup to continue: its `id`, `createdAt` and `collections`. Absent: a full backup.",
      }),
    ),
  })
  .openapi("BackupRequest");

export type BackupRequestBody = z.input<typeof backupRequest>;
