CREATE TABLE "reencodings" (
	"collection" bigint PRIMARY KEY NOT NULL,
	"from_image_encoder" bigint NOT NULL,
	"from_text_encoder" bigint NOT NULL,
	"to_image_encoder" bigint NOT NULL,
	"to_text_encoder" bigint NOT NULL,
	"apply" text NOT NULL,
	"evaluate" boolean NOT NULL,
	"state" text NOT NULL,
	"applied_at" bigint,
	"evaluation" jsonb,
	"started_at" timestamp (3) with time zone NOT NULL,
	"ended_at" timestamp (3) with time zone
);
--> statement-breakpoint
ALTER TABLE "reencodings" ADD CONSTRAINT "reencodings_collection_collections_key_fk" FOREIGN KEY ("collection") REFERENCES "public"."collections"("key") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "reencodings" ADD CONSTRAINT "reencodings_from_image_encoder_encoders_key_fk" FOREIGN KEY ("from_image_encoder") REFERENCES "public"."encoders"("key") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "reencodings" ADD CONSTRAINT "reencodings_from_text_encoder_encoders_key_fk" FOREIGN KEY ("from_text_encoder") REFERENCES "public"."encoders"("key") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "reencodings" ADD CONSTRAINT "reencodings_to_image_encoder_encoders_key_fk" FOREIGN KEY ("to_image_encoder") REFERENCES "public"."encoders"("key") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "reencodings" ADD CONSTRAINT "reencodings_to_text_encoder_encoders_key_fk" FOREIGN KEY ("to_text_encoder") REFERENCES "public"."encoders"("key") ON DELETE no action ON UPDATE no action;