ALTER TABLE "collections" ALTER COLUMN "asif_k" DROP NOT NULL;--> statement-breakpoint
ALTER TABLE "collections" ALTER COLUMN "asif_p" DROP NOT NULL;