CREATE TABLE "adaptations" (
	"collection" bigint NOT NULL,
	"id" text NOT NULL,
	"sequence" bigint NOT NULL,
	"at" timestamp (3) with time zone NOT NULL,
	"source_key" bigint,
	"source_sequence" bigint,
	"recipe" jsonb NOT NULL,
	"detail" jsonb NOT NULL,
	"numbers" "bytea",
	CONSTRAINT "adaptations_collection_id_pk" PRIMARY KEY("collection","id")
);
--> statement-breakpoint
ALTER TABLE "adaptations" ADD CONSTRAINT "adaptations_collection_collections_key_fk" FOREIGN KEY ("collection") REFERENCES "public"."collections"("key") ON DELETE cascade ON UPDATE no action;