CREATE TABLE "receipts" (
	"collection" bigint NOT NULL,
	"position" bigint NOT NULL,
	"id" text NOT NULL,
	"kind" text NOT NULL,
	"sequence" bigint NOT NULL,
	"at" timestamp (3) with time zone NOT NULL,
	"count" integer NOT NULL,
	"salt" "bytea" NOT NULL,
	"anchors" "bytea" NOT NULL,
	"installation" text,
	"generation" integer,
	"previous_hash" text NOT NULL,
	"hash" text NOT NULL,
	CONSTRAINT "receipts_collection_position_pk" PRIMARY KEY("collection","position"),
	CONSTRAINT "receipts_id" UNIQUE("id")
);
--> statement-breakpoint
ALTER TABLE "receipts" ADD CONSTRAINT "receipts_collection_collections_key_fk" FOREIGN KEY ("collection") REFERENCES "public"."collections"("key") ON DELETE cascade ON UPDATE no action;