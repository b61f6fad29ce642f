CREATE TABLE "label_vectors" (
	"collection" bigint NOT NULL,
	"encoder_key" bigint NOT NULL,
	"hash" "bytea" NOT NULL,
	"data" "bytea" NOT NULL,
	CONSTRAINT "label_vectors_collection_encoder_key_hash_pk" PRIMARY KEY("collection","encoder_key","hash")
);
--> statement-breakpoint
CREATE TABLE "selections" (
	"id" text PRIMARY KEY NOT NULL,
	"collection" bigint,
	"created_at" timestamp (3) with time zone NOT NULL,
	"content" jsonb NOT NULL
);
--> statement-breakpoint
ALTER TABLE "label_vectors" ADD CONSTRAINT "label_vectors_collection_collections_key_fk" FOREIGN KEY ("collection") REFERENCES "public"."collections"("key") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "label_vectors" ADD CONSTRAINT "label_vectors_encoder_key_encoders_key_fk" FOREIGN KEY ("encoder_key") REFERENCES "public"."encoders"("key") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "selections" ADD CONSTRAINT "selections_collection_collections_key_fk" FOREIGN KEY ("collection") REFERENCES "public"."collections"("key") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
-- As for the vectors of anchors: a caption's vector must be found where it is, and in no statistics when it is gone.
ALTER TABLE "label_vectors" ALTER COLUMN "data" SET STORAGE EXTERNAL;--> statement-breakpoint
ALTER TABLE "label_vectors" ALTER COLUMN "data" SET STATISTICS 0;--> statement-breakpoint
ALTER TABLE "label_vectors" ALTER COLUMN "hash" SET STATISTICS 0;
