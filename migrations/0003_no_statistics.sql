-- Statistics hold samples of a column's values, and keep them when the rows are gone. No plan depends on these.
ALTER TABLE "anchors" ALTER COLUMN "caption" SET STATISTICS 0;--> statement-breakpoint
ALTER TABLE "anchors" ALTER COLUMN "metadata" SET STATISTICS 0;--> statement-breakpoint
ALTER TABLE "vectors" ALTER COLUMN "data" SET STATISTICS 0;--> statement-breakpoint
ALTER TABLE "images" ALTER COLUMN "bytes" SET STATISTICS 0;--> statement-breakpoint
ALTER TABLE "receipts" ALTER COLUMN "anchors" SET STORAGE EXTERNAL;
