ALTER TABLE "anchors" ADD COLUMN "source" text;--> statement-breakpoint
ALTER TABLE "anchors" ADD COLUMN "source_name" text;--> statement-breakpoint
ALTER TABLE "anchors" ADD COLUMN "image_hash" "bytea";--> statement-breakpoint
ALTER TABLE "anchors" ADD COLUMN "caption_hash" "bytea";--> statement-breakpoint
ALTER TABLE "anchors" ADD COLUMN "metadata_hash" "bytea";