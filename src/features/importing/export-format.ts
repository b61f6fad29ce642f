import { z } from "zod";
import { collectionSpec } from "../../api/collections.ts";
import type { AnchorBody } from "../../client/index.ts";
import { corruptFile } from "../files/index.ts";

/** What an export says about itself, by which an import recognises it. */
export const exportHeader = z.strictObject({
  version: z.literal(1),
  /** Whether anchors have vectors, which only a collection with the same encoders takes. */
  vectors: z.boolean(),
  collection: collectionSpec
    .pick({ imageEncoder: true, textEncoder: true, transform: true, images: true })
    .required({ imageEncoder: true, textEncoder: true }),
});
export type ExportHeader = z.input<typeof exportHeader>;

/** The header's key in the metadata of a Parquet file. */
export const HEADER_KEY = "anchorage";
/** The header's member of a shard: the first one, and hidden. */
export const HEADER_MEMBER = ".anchorage.json";

/** An anchor of an export, as PUT /anchors takes it. */
export interface ExportedAnchor {
  readonly anchor: AnchorBody;
  /** Where it stands, for messages. */
  readonly source: string;
}

/** A file of anchors with their vectors, as `anchorage export` writes it. */
export interface ExportedFile {
  readonly path: string;
  readonly header: ExportHeader;
  /** The anchors from the beginning, at each call. @throws AnchorageError `corrupt-file` */
  readonly anchors: () => AsyncGenerator<ExportedAnchor, void>;
}

/** What an export holds of an anchor. */
export interface AnchorParts {
  readonly id: string;
  readonly text: string | null;
  readonly metadata: NonNullable<AnchorBody["metadata"]>;
  /** The bytes of its file. */
  readonly image: Uint8Array | null;
  readonly imageVector: Float32Array | null;
  readonly textVector: Float32Array | null;
}

/** An anchor as PUT /anchors takes it: bytes and vectors are base64. */
export const anchorBodyOf = (anchor: AnchorParts): AnchorBody => {
  const { id, text, metadata, image, imageVector, textVector } = anchor;
  return {
    id,
    ...(text === null ? {} : { text }),
    metadata,
    ...(image === null ? {} : { image: { base64: base64Of(image) } }),
    ...(imageVector === null ? {} : { imageVector: base64Of(imageVector) }),
    ...(textVector === null ? {} : { textVector: base64Of(textVector) }),
  };
};

const base64Of = ({ buffer, byteOffset, byteLength }: Float32Array | Uint8Array): string =>
  Buffer.from(buffer, byteOffset, byteLength).toString("base64");

/** Parses a header. @throws AnchorageError `corrupt-file` where `read` fails */
export const headerOf = (path: string, read: () => unknown): ExportHeader => {
  try {
    return exportHeader.parse(read());
  } catch (error) {
    throw corruptFile(
      path,
      "says that Anchorage exported it, in a way that this version does not know",
      error,
    );
  }
};
