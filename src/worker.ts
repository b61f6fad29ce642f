import { Worker } from "node:worker_threads";
import { AnchorageError, type ErrorCode, type FieldFault } from "./errors.ts";

/** What a worker's module gets beside its data. */
export interface WorkerContext {
  /** Aborted once the worker is to end: work in progress may stop then. */
  readonly signal: AbortSignal;
  /** Sends `onNotice` a value while a call runs. */
  readonly notify: (notice: unknown) => void;
  /** Returns `value`; where a call answers with it, `buffers` are moved to the caller and not copied. */
  readonly move: <T extends object>(value: T, buffers: readonly ArrayBuffer[]) => T;
}

type Argument<Call> = Call extends (argument: infer A) => unknown ? A : never;
type Answer<Call> = Call extends (argument: never) => infer R ? Awaited<R> : never;

/** A module on a thread of its own. */
export interface WorkerHandle<Calls> {
  /**
   * Calls a function of the module, after the calls before it.
   *
   * @param transfer buffers of the argument that move to the thread; they are empty here afterwards
   * @throws what the function throws, with code and faults if it is an AnchorageError
   * @throws the signal's reason, as soon as it is aborted
   */
  readonly call: <Name extends keyof Calls & string>(
    name: Name,
    argument: Argument<Calls[Name]>,
    transfer?: readonly ArrayBuffer[],
  ) => Promise<Answer<Calls[Name]>>;
  /** Ends the thread after the calls that it was given, their signal aborted. Resolves when it has ended. */
  readonly close: () => Promise<void>;
}

/** What a thread may take. */
export interface WorkerLimits {
  /** What the thread does, as the subject of error messages, such as `Reading the file`. */
  readonly what: string;
  /** The longest time that calls may keep it busy, with its start. */
  readonly seconds: number;
  /** The most memory for JavaScript values; buffers do not count. */
  readonly heapMiB: number;
}

export interface WorkerOptions {
  /** Buffers of the data that move to the thread; they are empty here afterwards. */
  readonly transfer?: readonly ArrayBuffer[];
  /** Ends the worker: waiting calls reject at once, and the thread's own signal is aborted. */
  readonly signal?: AbortSignal | undefined;
  /** Called with what the module sends by `notify`. */
  readonly onNotice?: (notice: unknown) => void;
  /**
   * Terminates the thread where it takes more, and as soon as `signal` is aborted: calls reject with `unprocessable`. Not
   * for a module that runs ONNX Runtime.
   */
  readonly limits?: WorkerLimits;
}

const OUT_OF_MEMORY = "ERR_WORKER_OUT_OF_MEMORY";

const tooMuch = (message: string): AnchorageError => new AnchorageError("unprocessable", `${message}.`);

type Reply =
  | { readonly value: unknown }
  | { readonly notice: unknown }
  | {
      readonly failed: {
        readonly message: string;
        readonly code?: ErrorCode;
        readonly faults?: readonly FieldFault[];
      };
    };

/**
 * Runs a module on a thread of its own. The module exports `open(data, context)`, which returns an object of functions of
 * one argument each, or a promise of it; a function `close` frees what they hold. Without calls to answer, the thread
 * does not keep the process alive.
 *
 * A thread without `limits` is never terminated from outside, for that ends the process where it is within ONNX Runtime.
 *
 * @param module a `.ts` file, of which a build runs the compiled `.js`, or an `.mjs` file: that starts in 0.1 s from a
 * checkout too, without the 0.4 s that the loader of TypeScript takes
 * @example
 * const worker = openWorker<GramCalls>(new URL("./gram-worker.ts", import.meta.url), gram);
 * const alignment = await worker.call("fit", "csa");
 * await worker.close();
 */
export const openWorker = <Calls extends object>(
  module: URL,
  data: unknown,
  { transfer = [], signal, onNotice, limits }: WorkerOptions = {},
): WorkerHandle<Calls> => {
  const thread = new Worker(new URL("./worker-thread.mjs", import.meta.url), {
    workerData: { module: moduleFile(module), data },
    transferList: [...transfer],
    execArgv: [],
    ...(limits === undefined ? {} : { resourceLimits: { maxOldGenerationSizeMb: limits.heapMiB } }),
  });
  thread.unref();
  const waiting: { readonly resolve: (value: unknown) => void; readonly reject: (error: unknown) => void }[] =
    [];
  let over: unknown;
  let closing = false;
  const fail = (error: unknown): void => {
    over ??= error;
    for (const { reject } of waiting.splice(0)) reject(over);
  };
  const stop = (): void => {
    if (closing) return;
    closing = true;
    thread.ref();
    thread.postMessage("close");
  };
  const end = (reason: unknown): void => {
    fail(reason);
    stop();
    if (limits !== undefined) void thread.terminate();
  };
  const abort = (): void => end(signal?.reason);
  let busy: NodeJS.Timeout | undefined;
  const watch = (isBusy: boolean): void => {
    clearTimeout(busy);
    if (!isBusy || limits === undefined) return;
    const { what, seconds } = limits;
    busy = setTimeout(() => end(tooMuch(`${what} takes longer than ${seconds} s`)), 1_000 * seconds);
  };
  thread.on("message", (reply: Reply) => {
    if ("notice" in reply) return onNotice?.(reply.notice);
    const asked = waiting.shift();
    if (waiting.length === 0) {
      watch(false);
      if (!closing) thread.unref();
    }
    if ("value" in reply) asked?.resolve(reply.value);
    else asked?.reject(errorOf(reply.failed));
  });
  thread.on("error", (error: NodeJS.ErrnoException) =>
    fail(
      limits !== undefined && error.code === OUT_OF_MEMORY
        ? tooMuch(`${limits.what} takes more than ${limits.heapMiB} MiB of memory`)
        : error,
    ),
  );
  const exited = new Promise<void>((resolve) =>
    thread.once("exit", () => {
      signal?.removeEventListener("abort", abort);
      watch(false);
      fail(new Error("the worker thread has ended"));
      resolve();
    }),
  );
  signal?.addEventListener("abort", abort, { once: true });
  if (signal?.aborted === true) abort();

  return {
    call: (name, argument, moved = []) =>
      new Promise((resolve, reject) => {
        // What a module answers with is known by its type alone.
        const pending = { resolve: (value: unknown) => resolve(value as Answer<Calls[typeof name]>), reject };
        if (over !== undefined) {
          pending.reject(over);
          return;
        }
        thread.postMessage({ call: name, argument }, [...moved]);
        if (waiting.push(pending) === 1) watch(true);
        thread.ref();
      }),
    close: async () => {
      stop();
      await exited;
    },
  };
};

/**
 * Calls one function of a module on a thread that ends afterwards.
 *
 * @throws what the function throws
 */
export const callInWorker = async <Calls extends object, Name extends keyof Calls & string>(
  module: URL,
  name: Name,
  argument: Argument<Calls[Name]>,
  transfer: readonly ArrayBuffer[] = [],
): Promise<Answer<Calls[Name]>> => {
  const worker = openWorker<Calls>(module, undefined);
  try {
    return await worker.call(name, argument, transfer);
  } finally {
    await worker.close();
  }
};

/** The address of a module's file: a build has `.js` files in the place of `.ts` files. */
export const moduleFile = (module: URL): string =>
  import.meta.url.endsWith(".js") ? module.href.replace(/\.ts$/, ".js") : module.href;

const errorOf = ({ message, code, faults }: Extract<Reply, { failed: unknown }>["failed"]): Error =>
  code === undefined || faults === undefined
    ? new Error(message)
    : new AnchorageError(code, message, { faults });
