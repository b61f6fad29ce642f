CREATE INDEX "anchors_caption_words" ON "anchors" USING gin (to_tsvector('simple', left("caption", 100000)));--> statement-breakpoint
-- Statistics hold samples of a column's values, and keep them when the rows are gone.
ALTER INDEX "anchors_caption_words" ALTER COLUMN 1 SET STATISTICS 0;
