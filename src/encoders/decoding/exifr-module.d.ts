/** The package's main file is CommonJS, and its default export lacks `sidecar` under some loaders. */
declare module "exifr/dist/full.esm.mjs" {
  export { parse, sidecar } from "exifr";
}
