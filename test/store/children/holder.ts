import { lockDataDir } from "../../../src/store/index.ts";
import { messageOf } from "../../../src/errors.ts";

/** Takes the lock of a DATA_DIR and keeps it until it is killed; says `held`, or why not. */
try {
  await lockDataDir(process.argv[2] ?? "");
  process.stdout.write("held\n");
  setInterval(() => undefined, 60_000);
} catch (error) {
  process.stdout.write(`${messageOf(error)}\n`);
}
