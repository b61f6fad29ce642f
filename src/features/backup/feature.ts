import { openSigner } from "../erasing/signing.ts";
import type { Feature } from "../feature.ts";
import { addBackup } from "./routes.ts";

/** Streams backups of everything that is stored. */
export const backupFeature: Feature = {
  name: "backup",
  open: async (core) => {
    const { publicKey } = await openSigner(core.settings.dataDir);
    return { routes: (routes) => addBackup(routes, core, publicKey) };
  },
};
