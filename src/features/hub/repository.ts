import { z } from "zod";
import { AnchorageError } from "../../errors.ts";
import { get, persist, type Patience } from "./request.ts";

/** A model or a data set on a hub. */
export interface Repository {
  readonly kind: "model" | "dataset";
  /** Such as `https://huggingface.co`. */
  readonly endpoint: string;
  /** Such as `Xenova/all-MiniLM-L6-v2`. */
  readonly name: string;
  /** A branch, a tag or a commit. */
  readonly revision: string;
}

export interface RemoteFile {
  readonly path: string;
  /** In bytes. */
  readonly size: number;
  /** SHA-256 of a large file; for a small one the hub lists only git's hash. */
  readonly hash:
    { readonly kind: "sha256"; readonly hex: string } | { readonly kind: "git-blob"; readonly hex: string };
}

/** A revision at the time of the request. */
export interface Snapshot {
  readonly commit: string;
  readonly licence: string | undefined;
  readonly files: readonly RemoteFile[];
}

const hex = (length: number) => z.string().regex(new RegExp(`^[0-9a-f]{${length}}$`));

const sibling = z
  .object({
    rfilename: z.string(),
    size: z.int().nonnegative(),
    blobId: hex(40),
    lfs: z.object({ sha256: hex(64), size: z.int().nonnegative() }).nullish(),
  })
  .transform(({ rfilename, size, blobId, lfs }): RemoteFile =>
    lfs == null
      ? { path: rfilename, size, hash: { kind: "git-blob", hex: blobId } }
      : { path: rfilename, size: lfs.size, hash: { kind: "sha256", hex: lfs.sha256 } },
  );

const revisionAnswer = z.object({
  sha: hex(40),
  siblings: z.array(sibling),
  cardData: z.object({ license: z.string().optional().catch(undefined) }).nullish(),
});

/**
 * Asks the hub which files a revision has.
 *
 * @throws AnchorageError `not-found` if the repository or revision does not exist or is not public, `unavailable` if the
 * hub does not answer, `corrupt-file` if its answer is invalid.
 */
export const describeRevision = async (repository: Repository, patience: Patience): Promise<Snapshot> => {
  const { kind, endpoint, name, revision } = repository;
  // A branch name may contain slashes, such as refs/pr/1.
  const url = urlOf(endpoint, ["api", `${kind}s`, ...name.split("/"), "revision", revision]);
  // Without this parameter the hub omits sizes and hashes.
  url.searchParams.set("blobs", "true");
  return persist(patience, async () => {
    const response = await get(url, patience.signal);
    if (!response.ok) {
      await response.body?.cancel();
      throw refusal(response.status, repository);
    }
    const parsed = revisionAnswer.safeParse(await response.json().catch(() => undefined));
    if (!parsed.success)
      throw new AnchorageError(
        "corrupt-file",
        `${url.href} does not answer as a hub of models and data sets does.`,
      );
    const { sha, siblings, cardData } = parsed.data;
    return { commit: sha, licence: cardData?.license, files: siblings };
  });
};

/** The address of a file of a commit. */
export const fileUrl = (repository: Repository, commit: string, path: string): URL =>
  urlOf(repository.endpoint, [...placeOf(repository), "resolve", commit, ...path.split("/")]);

/** The page that describes a model or a data set, including its licence. */
export const pageUrl = (repository: Repository): URL => urlOf(repository.endpoint, placeOf(repository));

const placeOf = ({ kind, name }: Repository): string[] => [
  ...(kind === "dataset" ? ["datasets"] : []),
  ...name.split("/"),
];

const urlOf = (endpoint: string, parts: readonly string[]): URL => {
  const base = endpoint.replace(/\/+$/, "");
  return new URL(`${base}/${parts.map(encodeURIComponent).join("/")}`);
};

/** Without authentication the hub answers 401 instead of 404 for an unknown name. */
export const refusal = (status: number, { kind, endpoint, name, revision }: Repository): AnchorageError => {
  const wanted = `${kind === "model" ? "model" : "data set"} "${name}" with revision "${revision}" at ${endpoint}`;
  if (status === 404) return new AnchorageError("not-found", `There is no ${wanted}.`);
  if (status === 401 || status === 403)
    return new AnchorageError(
      "not-found",
      `There is no public ${wanted}; a private or gated one has to be downloaded by hand.`,
    );
  return new AnchorageError("unavailable", `${endpoint} answers ${status} for the ${wanted}.`);
};
