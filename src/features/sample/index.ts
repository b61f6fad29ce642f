/** Real image-text pairs from npm alone: emoji as several vendors draw them, with Unicode's labels and tags. */
export { growSample, SAMPLE_COLLECTION, type SampleTarget } from "./grow.ts";
export { emojiCaption, emojiMetadata, readPairs, type EmojiPair } from "./pairs.ts";
export { readEmoji, type Emoji } from "./emoji.ts";
export { QUERY_VENDOR, SAMPLE_VENDORS, VENDORS, type Vendor } from "./vendors.ts";
export { startSample } from "./start-sample.ts";
