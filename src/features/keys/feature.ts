import { join } from "node:path";
import type { Feature } from "../feature.ts";
import { AUDIT_FOLDER, openAuditLog } from "./audit-log.ts";
import { openKeyRing } from "./key-ring.ts";
import { addKeys, addSession } from "./routes.ts";
import { openSessions } from "./sessions.ts";

/** API keys with scopes, sessions made from them, and the audit log. */
export const keysFeature: Feature = {
  name: "keys",
  open: async ({ store, settings, log }) => {
    const ring = openKeyRing(store);
    // So that requests are told apart by keys even if Postgres goes away before the first.
    await ring.hasKeys();
    const sessions = openSessions(ring, settings.apiKey);
    const audit =
      settings.dataDir === null || !settings.audit
        ? null
        : await openAuditLog(join(settings.dataDir, AUDIT_FOLDER), log);
    return {
      routes: (routes) => {
        addKeys(routes, ring);
        addSession(routes, ring, sessions, settings.apiKey);
      },
      access: {
        required: () => ring.hasKeys(),
        identify: async (sent) => {
          const caller =
            "key" in sent
              ? await ring.callerOf(sent.key)
              : ((await sessions.find(sent.session))?.caller ?? null);
          if (caller?.key != null) await ring.count(caller.key);
          return caller;
        },
        record: (entry) => audit?.record(entry),
      },
      close: async () => audit?.close(),
    };
  },
};
