import { receiveMessageOnPort } from "node:worker_threads";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { messageOf } from "../../errors.ts";
import { createBatchMemory } from "./batch-memory.ts";
import { scanFloats } from "./batch-floats.ts";
import { openBatchProducts } from "./batch-products.ts";
import { rescoreBatch } from "./batch-rescore.ts";
import { scanBatch, type BatchTools } from "./batch-scan.ts";
import { finished, searchPart, type Arm } from "./flat-part.ts";
import type { SearchJob, SearchJobKind, SearchJobs, SearchMessage, SearchWorkerData } from "./jobs.ts";
import { openScanKernels, type ScanKernels } from "./kernels.ts";
import { ANSWER, MAILBOX, writeRows } from "./mailbox.ts";
import { openRowScorer, type RowAccess } from "./rows.ts";
import { openSegment, type Segment } from "./segment.ts";
import { searchLists } from "../partitions/list-part.ts";
import { createListSearcher, type ListSearcher } from "../partitions/list-search.ts";

/** A full collection, which takes a few milliseconds on a thread with so little on its heap. */
const collectGarbage = (): void => {
  setFlagsFromString("--expose-gc");
  runInNewContext("gc()");
};

interface Opened {
  readonly segments: Map<
    number,
    { readonly segment: Segment; readonly kernels: ScanKernels; readonly searcher?: ListSearcher }
  >;
  readonly rows: Map<number, RowAccess>;
}

/** What a job works on; the searcher is there for segments of lists. */
type WorkerArm = Arm & { readonly searcher?: ListSearcher };

const armOf = ({ segments, rows }: Opened, thread: number, job: SearchJob): WorkerArm => {
  const [segment, reader] = [segments.get(job.segment), rows.get(job.rows)];
  if (segment === undefined || reader === undefined) throw new Error("a job came before what it works on");
  return { thread, ...segment, rows: reader };
};

type Answer<Kind extends SearchJobKind> = SearchJobs[Kind]["answer"];

const JOBS: {
  readonly [Kind in SearchJobKind]: (
    arm: WorkerArm,
    argument: SearchJobs[Kind]["argument"],
    tools: () => Promise<BatchTools>,
  ) => Answer<Kind> | Promise<Answer<Kind>>;
} = {
  part: (arm, part) => finished(searchPart(arm, part)),
  scanBatch: async (arm, part, tools) =>
    part.floats ? scanFloats(arm, part, await tools()) : scanBatch(arm.segment, part, await tools()),
  rescoreBatch: (arm, given) => rescoreBatch(arm, given),
  lists: ({ searcher, rows }, part) => {
    if (searcher === undefined) throw new Error("the segment has no lists");
    return searchLists(searcher, rows, part);
  },
};

const doJob = <Kind extends SearchJobKind>(
  arm: WorkerArm,
  { kind, argument }: SearchJob<Kind>,
  tools: () => Promise<BatchTools>,
): Answer<Kind> | Promise<Answer<Kind>> => JOBS[kind](arm, argument, tools);

/**
 * Answers jobs until it is told to close. While there is none the thread waits on its mailbox, from where it goes on sooner
 * than from its event loop; messages are read without one.
 */
export const open = async ({ port, mail, thread }: SearchWorkerData): Promise<object> => {
  const { words } = mail;
  const opened: Opened = { segments: new Map(), rows: new Map() };
  let batch: Promise<BatchTools> | undefined;
  const tools = (): Promise<BatchTools> =>
    (batch ??= openBatchProducts().then((products) => ({ memory: createBatchMemory(), products })));

  const share = (message: Extract<SearchMessage, { readonly open: number }>): void => {
    const { shared } = message;
    if ("rows" in shared) {
      opened.rows.set(message.open, openRowScorer(shared.rows, thread));
      return;
    }
    const segment = openSegment(shared.segment);
    const kernels = openScanKernels(shared.segment.memory, segment.stride);
    const { lists } = shared.segment;
    if (lists === undefined) {
      opened.segments.set(message.open, { segment, kernels });
      return;
    }
    const centroids = openSegment(lists.centroids);
    const searcher = createListSearcher({ ...lists, rows: segment, centroids, thread });
    opened.segments.set(message.open, { segment, kernels, searcher });
  };

  const answer = async (job: SearchJob): Promise<void> => {
    try {
      const value = await doJob(armOf(opened, thread, job), job, tools);
      if ("slots" in value && writeRows(mail, value)) words[MAILBOX.kind] = ANSWER.rows;
      else {
        port.postMessage(value);
        words[MAILBOX.kind] = ANSWER.message;
      }
    } catch (error) {
      port.postMessage(messageOf(error));
      words[MAILBOX.kind] = ANSWER.failure;
    }
    Atomics.add(words, MAILBOX.done, 1);
    Atomics.notify(words, MAILBOX.done);
  };

  for (let seen = 0; ;) {
    Atomics.wait(words, MAILBOX.posted, seen);
    seen = Atomics.load(words, MAILBOX.posted);
    for (let next = receiveMessageOnPort(port); next !== undefined; next = receiveMessageOnPort(port)) {
      const { message } = next as { readonly message: SearchMessage };
      if ("close" in message) {
        await (await batch)?.products.close();
        port.close();
        return {};
      }
      if ("job" in message) await answer(message.job);
      else if ("open" in message) share(message);
      else {
        opened.segments.delete(message.forget);
        opened.rows.delete(message.forget);
        // Shared memory does not count for the garbage collector, which would let it stay for long.
        collectGarbage();
      }
    }
  }
};
