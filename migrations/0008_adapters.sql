CREATE TABLE "adapters" (
	"id" text COLLATE "C" NOT NULL,
	"version" integer NOT NULL,
	"sha256" text NOT NULL,
	"collection" bigint,
	"sequence" bigint,
	"created_at" timestamp (3) with time zone NOT NULL,
	"settings" jsonb,
	"content" "bytea",
	CONSTRAINT "adapters_id_version_pk" PRIMARY KEY("id","version")
);
--> statement-breakpoint
ALTER TABLE "jobs" ADD COLUMN "detail" jsonb;--> statement-breakpoint
ALTER TABLE "adapters" ADD CONSTRAINT "adapters_collection_collections_key_fk" FOREIGN KEY ("collection") REFERENCES "public"."collections"("key") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
-- Weights do not get smaller by compression.
ALTER TABLE "adapters" ALTER COLUMN "content" SET STORAGE EXTERNAL;
