CREATE TABLE "forecasts" (
	"collection" bigint PRIMARY KEY NOT NULL,
	"pending" jsonb,
	"steps_at" bigint,
	"steps" jsonb,
	"sequence" bigint,
	"at" timestamp (3) with time zone,
	"content" jsonb
);
--> statement-breakpoint
ALTER TABLE "forecasts" ADD CONSTRAINT "forecasts_collection_collections_key_fk" FOREIGN KEY ("collection") REFERENCES "public"."collections"("key") ON DELETE cascade ON UPDATE no action;