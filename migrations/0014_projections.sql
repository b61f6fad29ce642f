CREATE TABLE "projections" (
	"collection" bigint NOT NULL,
	"layer" text NOT NULL,
	"sequence" bigint NOT NULL,
	"seed" bigint NOT NULL,
	"fitted" integer NOT NULL,
	"at" timestamp (3) with time zone NOT NULL,
	"ids" "bytea" NOT NULL,
	"prints" "bytea" NOT NULL,
	"numbers" "bytea" NOT NULL,
	CONSTRAINT "projections_collection_layer_pk" PRIMARY KEY("collection","layer")
);
--> statement-breakpoint
ALTER TABLE "projections" ADD CONSTRAINT "projections_collection_collections_key_fk" FOREIGN KEY ("collection") REFERENCES "public"."collections"("key") ON DELETE cascade ON UPDATE no action;