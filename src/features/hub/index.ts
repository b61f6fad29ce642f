/** Reads models and data sets from a hub such as huggingface.co: what a revision has, and its files, each checked by its hash. */
export { download, type Download } from "./download.ts";
export {
  describeRevision,
  fileUrl,
  pageUrl,
  refusal,
  type RemoteFile,
  type Repository,
  type Snapshot,
} from "./repository.ts";
export type { Patience } from "./request.ts";
