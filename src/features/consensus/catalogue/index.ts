/** Scorers and generators by name, with their descriptions and their constructors. */
export { createCatalogue, catalogueEntry, requestsOf, type Catalogue } from "./catalogue.ts";
