CREATE TABLE "never_again" (
	"key" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "never_again_key_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"collection" bigint NOT NULL,
	"receipt" text NOT NULL,
	"image" "bytea",
	"picture" bigint,
	"caption" "bytea"
);
--> statement-breakpoint
CREATE TABLE "never_again_secrets" (
	"collection" bigint PRIMARY KEY NOT NULL,
	"secret" "bytea" NOT NULL
);
--> statement-breakpoint
ALTER TABLE "never_again" ADD CONSTRAINT "never_again_collection_collections_key_fk" FOREIGN KEY ("collection") REFERENCES "public"."collections"("key") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "never_again_secrets" ADD CONSTRAINT "never_again_secrets_collection_collections_key_fk" FOREIGN KEY ("collection") REFERENCES "public"."collections"("key") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "never_again_collection" ON "never_again" USING btree ("collection");