-- Uncompressed, a caption can be looked for in the files of Postgres, which is how its erasure is proved.
ALTER TABLE "anchors" ALTER COLUMN "caption" SET STORAGE EXTERNAL;--> statement-breakpoint
-- As for captions before: an id may be a caption, too.
ALTER TABLE "anchors" ALTER COLUMN "id" SET STATISTICS 0;--> statement-breakpoint
ALTER TABLE "changes" ALTER COLUMN "ids" SET STATISTICS 0;
