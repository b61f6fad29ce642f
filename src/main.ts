import { stopSignal } from "./cli/stop-signal.ts";
import { readConfig } from "./config.ts";
import { isAnchorageError } from "./errors.ts";
import { runService } from "./serve.ts";

/** The service, by the settings of the environment. */
const main = async (): Promise<void> => {
  const config = readConfig(process.env);
  await runService(
    config,
    stopSignal(() => undefined),
  );
};

main().catch((error: unknown) => {
  process.stderr.write(`${isAnchorageError(error) ? error.message : (error as Error).stack}\n`);
  process.exit(1);
});
