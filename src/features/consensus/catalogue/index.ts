/** Scorers and generators by name, with what they can do and what they are made of. */
export { createCatalogue, catalogueEntry, requestsOf, type Catalogue } from "./catalogue.ts";
