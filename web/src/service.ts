import { computed, signal } from "@preact/signals";
import { createClient, UnauthorizedError, type CollectionClient } from "../../src/features/client.ts";
import { AnchorageError } from "../../src/client/index.ts";
import type { CollectionBody } from "../../src/api/collections.ts";
import type { JobBody } from "../../src/api/service.ts";
import { route } from "./route.ts";

const RETRY_MS = 1_500;
const JOBS_EVERY_MS = 1_000;
const IDLE_EVERY_MS = 5_000;

/** Whether the service wants a key, or another one than it was given. */
export const keyWanted = signal<"no" | "first" | "wrong">("no");
/** Whether the service answered the last request. */
export const answering = signal(true);
/** Grows when everything that is shown has to be read again. */
export const epoch = signal(0);
export const collections = signal<readonly CollectionBody[] | null>(null);
export const jobs = signal<readonly JobBody[]>([]);
/** Grows when jobs are to be looked at without waiting. */
const looks = signal(0);

const watchedFetch = async (address: string, init: RequestInit): Promise<Response> => {
  try {
    const response = await fetch(address, init);
    if (!answering.value) {
      answering.value = true;
      epoch.value++;
    }
    if (response.status === 401 && keyWanted.value === "no") keyWanted.value = "first";
    return response;
  } catch (error) {
    if (init.signal?.aborted !== true) answering.value = false;
    throw error;
  }
};

/** Made when it is first used. */
export const client = computed(() => createClient({ url: location.origin, fetch: watchedFetch, retries: 0 }));

/** The collection that the address names, else the first that there is; null while none is known. */
export const current = computed<CollectionBody | null>(() => {
  const known = collections.value;
  if (known === null) return null;
  const named = route.value.params.get("c");
  return known.find(({ name }) => name === named) ?? (named === null ? (known[0] ?? null) : null);
});

export const collectionClient = (name: string): CollectionClient => client.value.collection(name);

/**
 * Changes an API key into a session, whose cookie goes with every request, image and reload from then on. The key is
 * not kept.
 */
export const signIn = async (key: string): Promise<void> => {
  try {
    await client.value.signIn(key);
  } catch (error) {
    if (!(error instanceof UnauthorizedError)) throw error;
    keyWanted.value = "wrong";
    return;
  }
  keyWanted.value = "no";
  epoch.value++;
};

/** Ends the session and asks for a key again. */
export const signOut = async (): Promise<void> => {
  await client.value.signOut();
  collections.value = null;
  epoch.value++;
};

/** Reads the collections again, as after a write. */
export const refresh = async (): Promise<void> => {
  const next = await client.value.listCollections();
  if (JSON.stringify(next) !== JSON.stringify(collections.value)) collections.value = next;
};

/** The newest job of a kind on a subject, whoever started it and whether or not it has ended. */
export const latestJob = (kind: string, subject: string): JobBody | undefined =>
  jobs.value.find((job) => job.kind === kind && job.subject === subject);

/** Shows a job that was just started or changed, and looks at all of them soon. */
export const noteJob = (job: JobBody): void => {
  jobs.value = [job, ...jobs.value.filter(({ id }) => id !== job.id)];
  looks.value++;
};

/** Looks at collections and jobs from time to time, more often while a job runs. Returns what stops it. */
export const watchService = (): (() => void) => {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let stopped = false;
  const look = async (): Promise<void> => {
    clearTimeout(timer);
    try {
      if (keyWanted.value === "no") {
        await refresh();
        jobs.value = await client.value.listJobs();
      }
    } catch (error) {
      if (!(error instanceof AnchorageError) && !(error instanceof UnauthorizedError)) throw error;
    } finally {
      const running = jobs.value.some(({ state }) => state === "running");
      const wait = !answering.value ? RETRY_MS : running ? JOBS_EVERY_MS : IDLE_EVERY_MS;
      clearTimeout(timer);
      if (!stopped) timer = setTimeout(() => void look(), wait);
    }
  };
  const unsubscribe = computed(() => epoch.value + looks.value).subscribe(() => void look());
  return () => {
    stopped = true;
    clearTimeout(timer);
    unsubscribe();
  };
};
