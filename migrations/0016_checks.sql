CREATE TABLE "checks" (
	"collection" bigint PRIMARY KEY NOT NULL,
	"pending" jsonb,
	"sequence" bigint,
	"at" timestamp (3) with time zone,
	"content" jsonb
);
--> statement-breakpoint
ALTER TABLE "checks" ADD CONSTRAINT "checks_collection_collections_key_fk" FOREIGN KEY ("collection") REFERENCES "public"."collections"("key") ON DELETE cascade ON UPDATE no action;