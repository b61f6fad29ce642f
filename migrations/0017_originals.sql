CREATE TABLE "originals" (
	"anchor_key" bigint PRIMARY KEY NOT NULL,
	"media_type" text NOT NULL,
	"bytes" "bytea" NOT NULL
);
--> statement-breakpoint
ALTER TABLE "collections" ADD COLUMN "images" jsonb DEFAULT '{"keep":"thumbnail","longestSide":2048,"format":"as-sent"}'::jsonb NOT NULL;--> statement-breakpoint
ALTER TABLE "originals" ADD CONSTRAINT "originals_anchor_key_anchors_key_fk" FOREIGN KEY ("anchor_key") REFERENCES "public"."anchors"("key") ON DELETE cascade ON UPDATE no action;