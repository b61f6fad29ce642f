import { MessageChannel, receiveMessageOnPort, Worker, type MessagePort } from "node:worker_threads";
import { availableThreads } from "../../machine-limits.ts";
import { moduleFile } from "../../worker.ts";
import type { SearchJob, SearchJobKind, SearchJobs, SearchMessage, Shared } from "./jobs.ts";
import { ANSWER, createMail, MAILBOX, copyRows, type Mail } from "./mailbox.ts";
import type { RowsHandle } from "./rows.ts";
import type { SegmentHandle } from "./segment.ts";

/** Threads that die may be replaced so many times in {@link WINDOW_MS}. */
const REPLACEMENTS = 3;
const WINDOW_MS = 60_000;

interface Waiting {
  readonly kind: SearchJobKind;
  readonly segment: SegmentHandle;
  readonly rows: RowsHandle;
  readonly argument: SearchJobs[SearchJobKind]["argument"];
  readonly resolve: (answer: SearchJobs[SearchJobKind]["answer"] | undefined) => void;
  readonly reject: (error: unknown) => void;
}

interface Member {
  readonly thread: Worker;
  readonly port: MessagePort;
  readonly mail: Mail;
  /** Numbers of what it was sent. */
  readonly known: Set<number>;
  job: Waiting | undefined;
  /** Jobs that it had answered before this one. */
  done: number;
}

/** The threads that search, shared by all collections of the process. */
export interface SearchPool {
  /** Number of threads, started or not. */
  readonly size: number;
  /** Number of threads that have nothing to do. */
  readonly idle: () => number;
  /**
   * Does a job on the next free thread. A thread that ends meanwhile is replaced, and the job is done on another.
   *
   * @returns undefined where threads keep ending: then the caller does it on its own thread
   */
  readonly run: <Kind extends SearchJobKind>(
    kind: Kind,
    on: { readonly segment: SegmentHandle; readonly rows: RowsHandle },
    argument: SearchJobs[Kind]["argument"],
  ) => Promise<SearchJobs[Kind]["answer"] | undefined>;
  /** Has the threads let go of a segment or rows, so that their memory is free once nothing else holds them. */
  readonly forget: (shared: SegmentHandle | RowsHandle) => void;
  /** Ends the threads after what they are doing; they start again on demand. */
  readonly close: () => Promise<void>;
  /** The threads that run, for tests. */
  readonly threads: () => readonly Worker[];
}

/**
 * Opens a pool whose threads start with the first job. They do not keep the process alive, except while they work.
 *
 * @param options.size default: a thread for each core that the process may use
 */
export const createSearchPool = (
  options: { readonly size?: number; readonly module?: URL } = {},
): SearchPool => {
  const { size = availableThreads(), module = new URL("./search-worker.ts", import.meta.url) } = options;
  const members = new Array<Member | undefined>(size).fill(undefined);
  const queue: Waiting[] = [];
  const numbers = new WeakMap<object, number>();
  let lastNumber = 0;
  let deaths: number[] = [];

  const post = ({ port, mail }: Member, message: SearchMessage): void => {
    port.postMessage(message);
    Atomics.add(mail.words, MAILBOX.posted, 1);
    Atomics.notify(mail.words, MAILBOX.posted);
  };

  const forgetNumber = (number: number): void => {
    for (const member of members) if (member?.known.delete(number) === true) post(member, { forget: number });
  };

  const collected = new FinalizationRegistry<number>(forgetNumber);

  /** The number by which a worker knows what is shared, which is sent to it where it does not. */
  const share = (member: Member, handle: object, shared: Shared): number => {
    let number = numbers.get(handle);
    if (number === undefined) {
      number = ++lastNumber;
      numbers.set(handle, number);
      collected.register(handle, number);
    }
    if (!member.known.has(number)) {
      member.known.add(number);
      member.port.postMessage({ open: number, shared } satisfies SearchMessage);
    }
    return number;
  };

  const start = (index: number): Member => {
    const { port1, port2 } = new MessageChannel();
    const mail = createMail();
    const thread = new Worker(new URL("../../worker-thread.mjs", import.meta.url), {
      workerData: { module: moduleFile(module), data: { port: port2, mail, thread: index + 1 } },
      transferList: [port2],
      execArgv: [],
    });
    thread.unref();
    port1.unref();
    const member: Member = { thread, port: port1, mail, known: new Set(), job: undefined, done: 0 };
    members[index] = member;
    // An uncaught error ends the thread, too.
    thread.on("error", () => undefined);
    // A thread answers this call only where its module could not be opened, or after it was told to close.
    thread.postMessage({ call: "close", argument: null });
    thread.once("message", () => void thread.terminate());
    thread.once("exit", () => {
      if (members[index] === member) members[index] = undefined;
      const unanswered = member.job;
      // An answer that it gave before it ended is on its way.
      if (unanswered === undefined || Atomics.load(mail.words, MAILBOX.done) !== member.done) return;
      deaths.push(performance.now());
      queue.unshift(unanswered);
      member.job = undefined;
      Atomics.notify(mail.words, MAILBOX.done);
      dispatch();
    });
    return member;
  };

  const mayStart = (): boolean => {
    deaths = deaths.filter((at) => performance.now() - at < WINDOW_MS);
    return deaths.length <= REPLACEMENTS;
  };

  const freeMember = (): Member | undefined => {
    const free = members.find((member) => member !== undefined && member.job === undefined);
    if (free !== undefined) return free;
    const index = members.indexOf(undefined);
    return index >= 0 && mayStart() ? start(index) : undefined;
  };

  const dispatch = (): void => {
    while (queue.length > 0) {
      const member = freeMember();
      if (member === undefined) break;
      const job = queue.shift();
      if (job !== undefined) begin(member, job);
    }
    if (members.every((member) => member === undefined))
      for (const { resolve } of queue.splice(0)) resolve(undefined);
  };

  const begin = (member: Member, waiting: Waiting): void => {
    const { thread } = member;
    member.job = waiting;
    thread.ref();
    const job: SearchJob = {
      kind: waiting.kind,
      segment: share(member, waiting.segment, { segment: waiting.segment }),
      rows: share(member, waiting.rows, { rows: waiting.rows }),
      argument: waiting.argument,
    };
    member.done = Atomics.load(member.mail.words, MAILBOX.done);
    post(member, { job });
    awaitAnswer(member, waiting);
  };

  /** A notice may also be a late one of the answer before: then the count is what it was, and it goes on waiting. */
  const awaitAnswer = (member: Member, waiting: Waiting): void => {
    if (member.job !== waiting) return;
    const wait = Atomics.waitAsync(member.mail.words, MAILBOX.done, member.done);
    if (wait.async) void wait.value.then(() => awaitAnswer(member, waiting));
    else finish(member, waiting);
  };

  const finish = (member: Member, waiting: Waiting): void => {
    const { mail, port, thread } = member;
    const { resolve, reject } = waiting;
    member.job = undefined;
    thread.unref();
    const kind = mail.words[MAILBOX.kind];
    if (kind === ANSWER.rows) resolve(copyRows(mail));
    else {
      const message: unknown = receiveMessageOnPort(port)?.message;
      if (kind === ANSWER.failure) reject(new Error(String(message)));
      // What a worker answers with is known by the kind of its job alone.
      else resolve(message as SearchJobs[SearchJobKind]["answer"]);
    }
    dispatch();
  };

  return {
    size,
    idle: () => members.filter((member) => member?.job === undefined).length - queue.length,
    run: (kind, { segment, rows }, argument) =>
      new Promise((resolve, reject) => {
        queue.push({ kind, segment, rows, argument, resolve, reject });
        dispatch();
      }),
    forget: (shared) => {
      const number = numbers.get(shared);
      if (number !== undefined) forgetNumber(number);
    },
    close: async () => {
      // A job that comes meanwhile has new threads started.
      const ended = members
        .splice(0, size, ...new Array<undefined>(size).fill(undefined))
        .map(async (member) => {
          if (member === undefined) return;
          member.thread.ref();
          const exit = new Promise((resolve) => member.thread.once("exit", resolve));
          post(member, { close: true });
          await exit;
        });
      await Promise.all(ended);
    },
    threads: () => members.flatMap((member) => (member === undefined ? [] : [member.thread])),
  };
};

let pool: SearchPool | undefined;

/** The pool of this process. */
export const searchPool = (): SearchPool => (pool ??= createSearchPool());

/** Ends the threads of this process's pool; they start again on demand. */
export const closeSearchPool = async (): Promise<void> => {
  await pool?.close();
};
