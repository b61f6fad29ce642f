/** A class of a labelled data set. */
export interface LabelledClass {
  /** The data set's own identifier: a folder, a label, a breed. */
  readonly key: string;
  /** Its names; each is correct. */
  readonly names: readonly string[];
}

/** An image of a labelled data set. */
export interface LabelledImage {
  /** Its path, for messages. */
  readonly source: string;
  /** Changes whenever the image does. */
  readonly version: string;
  /** The index of its class. */
  readonly truth: number;
  /** The bytes of the image file. @throws AnchorageError if they cannot be read. */
  readonly image: () => Promise<Uint8Array>;
}

/** Images with their classes. */
export interface LabelledImages {
  /** A short description of its layout. */
  readonly layout: string;
  /** Includes classes without images, because they are possible answers. */
  readonly classes: readonly LabelledClass[];
  readonly images: readonly LabelledImage[];
  /** Files that were skipped, and why. */
  readonly rejects: readonly { readonly source: string; readonly reason: string }[];
}

/** The images of a layout before class names are resolved. */
export interface FoundImages {
  readonly layout: string;
  /** In the order of the entries of a list of names. */
  readonly classes: readonly LabelledClass[];
  readonly images: readonly LabelledImage[];
  readonly rejects: LabelledImages["rejects"];
  /** A file beside the images that names the classes. */
  readonly namedBy?: string;
}
