CREATE TABLE "calibrations" (
	"collection" bigint NOT NULL,
	"subject" text NOT NULL,
	"sequence" bigint NOT NULL,
	"at" timestamp (3) with time zone NOT NULL,
	"content" jsonb NOT NULL,
	CONSTRAINT "calibrations_collection_subject_pk" PRIMARY KEY("collection","subject")
);
--> statement-breakpoint
CREATE TABLE "tunings" (
	"collection" bigint PRIMARY KEY NOT NULL,
	"at" timestamp (3) with time zone NOT NULL,
	"applied_at" bigint,
	"tuning" jsonb NOT NULL
);
--> statement-breakpoint
ALTER TABLE "collections" ADD COLUMN "method" text DEFAULT 'asif' NOT NULL;--> statement-breakpoint
ALTER TABLE "collections" ADD COLUMN "rank" integer;--> statement-breakpoint
ALTER TABLE "collections" ADD COLUMN "ensemble" text DEFAULT 'max' NOT NULL;--> statement-breakpoint
ALTER TABLE "transforms" ADD COLUMN "weights" "bytea";--> statement-breakpoint
ALTER TABLE "calibrations" ADD CONSTRAINT "calibrations_collection_collections_key_fk" FOREIGN KEY ("collection") REFERENCES "public"."collections"("key") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "tunings" ADD CONSTRAINT "tunings_collection_collections_key_fk" FOREIGN KEY ("collection") REFERENCES "public"."collections"("key") ON DELETE cascade ON UPDATE no action;