-- Random floats do not compress. A row that fits in a page stays in it: a read of all vectors is then one scan.
ALTER TABLE "vectors" ALTER COLUMN "data" SET STORAGE EXTERNAL;--> statement-breakpoint
ALTER TABLE "vectors" SET (toast_tuple_target = 8160);--> statement-breakpoint
ALTER TABLE "images" ALTER COLUMN "bytes" SET STORAGE EXTERNAL;
