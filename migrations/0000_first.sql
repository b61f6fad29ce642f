CREATE TABLE "anchors" (
	"key" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "anchors_key_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"collection" bigint NOT NULL,
	"id" text COLLATE "C" NOT NULL,
	"caption" text,
	"metadata" jsonb NOT NULL,
	"sequence" bigint NOT NULL,
	CONSTRAINT "anchors_collection_id" UNIQUE("collection","id")
);
--> statement-breakpoint
CREATE TABLE "changes" (
	"collection" bigint NOT NULL,
	"sequence" bigint NOT NULL,
	"kind" text NOT NULL,
	"ids" text[] NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "changes_collection_sequence_pk" PRIMARY KEY("collection","sequence")
);
--> statement-breakpoint
CREATE TABLE "collections" (
	"key" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "collections_key_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"name" text COLLATE "C" NOT NULL,
	"image_encoder" bigint NOT NULL,
	"text_encoder" bigint NOT NULL,
	"asif_k" integer NOT NULL,
	"asif_p" double precision NOT NULL,
	"transform" text NOT NULL,
	"sequence" bigint DEFAULT 0 NOT NULL,
	"anchor_count" integer DEFAULT 0 NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "collections_name" UNIQUE("name")
);
--> statement-breakpoint
CREATE TABLE "encoders" (
	"key" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "encoders_key_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"id" text NOT NULL,
	"modality" text NOT NULL,
	"dimension" integer NOT NULL,
	"sha256" text NOT NULL,
	"source" text NOT NULL,
	"licence" text NOT NULL,
	"external" boolean NOT NULL,
	CONSTRAINT "encoders_identity" UNIQUE("id","sha256","modality","dimension")
);
--> statement-breakpoint
CREATE TABLE "images" (
	"anchor_key" bigint PRIMARY KEY NOT NULL,
	"media_type" text NOT NULL,
	"bytes" "bytea" NOT NULL
);
--> statement-breakpoint
CREATE TABLE "jobs" (
	"id" text PRIMARY KEY NOT NULL,
	"kind" text NOT NULL,
	"subject" text NOT NULL,
	"state" text NOT NULL,
	"done" bigint NOT NULL,
	"total" bigint NOT NULL,
	"error" text,
	"owner" text NOT NULL,
	"created_at" timestamp (3) with time zone NOT NULL,
	"updated_at" timestamp (3) with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "transforms" (
	"collection" bigint NOT NULL,
	"modality" text NOT NULL,
	"kind" text NOT NULL,
	"version" integer NOT NULL,
	"sequence" bigint NOT NULL,
	"anchor_count" integer NOT NULL,
	"mean" "bytea" NOT NULL,
	"projection" "bytea",
	CONSTRAINT "transforms_collection_modality_kind_version_pk" PRIMARY KEY("collection","modality","kind","version")
);
--> statement-breakpoint
CREATE TABLE "vectors" (
	"anchor_key" bigint NOT NULL,
	"encoder_key" bigint NOT NULL,
	"data" "bytea" NOT NULL,
	CONSTRAINT "vectors_anchor_key_encoder_key_pk" PRIMARY KEY("anchor_key","encoder_key")
);
--> statement-breakpoint
ALTER TABLE "anchors" ADD CONSTRAINT "anchors_collection_collections_key_fk" FOREIGN KEY ("collection") REFERENCES "public"."collections"("key") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "changes" ADD CONSTRAINT "changes_collection_collections_key_fk" FOREIGN KEY ("collection") REFERENCES "public"."collections"("key") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "collections" ADD CONSTRAINT "collections_image_encoder_encoders_key_fk" FOREIGN KEY ("image_encoder") REFERENCES "public"."encoders"("key") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "collections" ADD CONSTRAINT "collections_text_encoder_encoders_key_fk" FOREIGN KEY ("text_encoder") REFERENCES "public"."encoders"("key") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "images" ADD CONSTRAINT "images_anchor_key_anchors_key_fk" FOREIGN KEY ("anchor_key") REFERENCES "public"."anchors"("key") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "transforms" ADD CONSTRAINT "transforms_collection_collections_key_fk" FOREIGN KEY ("collection") REFERENCES "public"."collections"("key") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "vectors" ADD CONSTRAINT "vectors_anchor_key_anchors_key_fk" FOREIGN KEY ("anchor_key") REFERENCES "public"."anchors"("key") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "vectors" ADD CONSTRAINT "vectors_encoder_key_encoders_key_fk" FOREIGN KEY ("encoder_key") REFERENCES "public"."encoders"("key") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "jobs_created" ON "jobs" USING btree ("created_at","id");