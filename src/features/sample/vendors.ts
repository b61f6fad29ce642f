/** A free set of emoji drawings, as an npm package of SVG bodies. */
export interface Vendor {
  /** The package's name below `@iconify-json/`, and the prefix of its anchors' ids. */
  readonly id: string;
  readonly author: string;
  readonly licence: string;
  readonly url: string;
}

export const VENDORS: readonly Vendor[] = [
  { id: "noto", author: "Google", licence: "Apache-2.0", url: "https://github.com/googlefonts/noto-emoji" },
  {
    id: "noto-v1",
    author: "Google",
    licence: "Apache-2.0",
    url: "https://github.com/googlefonts/noto-emoji",
  },
  {
    id: "fluent-emoji-flat",
    author: "Microsoft",
    licence: "MIT",
    url: "https://github.com/microsoft/fluentui-emoji",
  },
  { id: "twemoji", author: "Twitter", licence: "CC-BY-4.0", url: "https://github.com/jdecked/twemoji" },
  { id: "emojione", author: "Emoji One", licence: "CC-BY-4.0", url: "https://github.com/EmojiTwo/emojitwo" },
  {
    id: "emojione-v1",
    author: "Emoji One",
    licence: "CC-BY-SA-4.0",
    url: "https://github.com/joypixels/emojione-legacy",
  },
  { id: "fxemoji", author: "Mozilla", licence: "Apache-2.0", url: "https://github.com/mozilla/fxemoji" },
  {
    id: "openmoji",
    author: "OpenMoji",
    licence: "CC-BY-SA-4.0",
    url: "https://github.com/hfg-gmuend/openmoji",
  },
];

/** The vendors whose drawings are the sample: one a hand, and no more than start-up has time to embed. */
export const SAMPLE_VENDORS: readonly string[] = [
  "noto",
  "fluent-emoji-flat",
  "emojione-v1",
  "fxemoji",
  "openmoji",
];

/** Whose drawings are kept out of the sample, as queries for evaluation. */
export const QUERY_VENDOR = "twemoji";
