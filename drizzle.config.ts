import { defineConfig } from "drizzle-kit";

export default defineConfig({
  dialect: "postgresql",
  // Each feature defines its tables in its folder; all tables share one lineage of migrations.
  schema: ["./src/store/schema.ts", "./src/features/*/table.ts"],
  out: "./migrations",
});
