import { stopSignal } from "./cli/stop-signal.ts";
import { readConfig } from "./config.ts";
import { isAnchorageError } from "./errors.ts";
import { runService } from "./serve.ts";

/** The service, by the settings of the environment. */
const main = (): Promise<void> =>
  runService(
    readConfig(process.env),
    stopSignal(() => undefined),
  );

main().catch((error: unknown) => {
  process.stderr.write(`${isAnchorageError(error) ? error.message : (error as Error).stack}\n`);
  process.exit(1);
});
