import { sql } from "drizzle-orm";
import type { Database } from "./database.ts";

/**
 * Has Postgres clear the rows that were deleted from its tables, for all collections. `rewrite` writes the tables anew,
 * so that their files hold live rows alone, and locks them meanwhile; `vacuum` locks nothing, but frees space without
 * overwriting it.
 */
export const vacuum = async (database: Database, how: "vacuum" | "rewrite"): Promise<void> => {
  const options = how === "rewrite" ? "(FULL)" : "";
  await database.query((queries) =>
    queries.execute(sql.raw(`VACUUM ${options} anchors, vectors, images, transforms`)),
  );
};
