ALTER TABLE "encoders" ADD COLUMN "name" text;--> statement-breakpoint
ALTER TABLE "encoders" ADD COLUMN "fingerprint" text;