CREATE TABLE "service_receipts" (
	"position" bigint PRIMARY KEY NOT NULL,
	"id" text NOT NULL,
	"at" timestamp (3) with time zone NOT NULL,
	"collection" text NOT NULL,
	"sequence" bigint NOT NULL,
	"count" integer NOT NULL,
	"last_hash" text,
	"api_key" text,
	"user_name" text,
	"previous_hash" text NOT NULL,
	"hash" text NOT NULL,
	CONSTRAINT "service_receipts_id_unique" UNIQUE("id")
);
--> statement-breakpoint
ALTER TABLE "receipts" ADD COLUMN "version" integer DEFAULT 1 NOT NULL;--> statement-breakpoint
ALTER TABLE "receipts" ADD COLUMN "api_key" text;--> statement-breakpoint
ALTER TABLE "receipts" ADD COLUMN "user_name" text;--> statement-breakpoint
ALTER TABLE "receipts" ADD COLUMN "retained_by" jsonb DEFAULT '[]'::jsonb NOT NULL;--> statement-breakpoint
ALTER TABLE "receipts" ADD COLUMN "nodes" jsonb DEFAULT '[]'::jsonb NOT NULL;