/** A class of a labelled data set. */
export interface LabelledClass {
  /** As the data set itself tells it: a folder, a label, a breed. */
  readonly key: string;
  /** What people call it; any of them is right. */
  readonly names: readonly string[];
}

/** An image of a labelled data set. */
export interface LabelledImage {
  /** Where it stands, for messages. */
  readonly source: string;
  /** Changes when the image does. */
  readonly version: string;
  /** The index of its class. */
  readonly truth: number;
  /** The bytes of an image file. @throws AnchorageError where they cannot be read. */
  readonly image: () => Promise<Uint8Array>;
}

/** Images with their classes, as a data set is published. */
export interface LabelledImages {
  /** How it is laid out, in a few words. */
  readonly layout: string;
  /** Also those of which no image is there: they are answers that may be given. */
  readonly classes: readonly LabelledClass[];
  readonly images: readonly LabelledImage[];
  /** What was passed over, and why. */
  readonly rejects: readonly { readonly source: string; readonly reason: string }[];
}

/** What a reader of one layout finds, before classes have their names. */
export interface FoundImages {
  readonly layout: string;
  /** In the order in which a list of names tells them. */
  readonly classes: readonly LabelledClass[];
  readonly images: readonly LabelledImage[];
  readonly rejects: LabelledImages["rejects"];
  /** A file beside the images that names the classes. */
  readonly namedBy?: string;
}
