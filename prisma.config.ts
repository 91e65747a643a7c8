// How Prisma's CLI finds TwinQL's tables: `npx prisma@7 migrate status` works in a checkout as it is, nothing installed.
// A plain object on purpose: `defineConfig` from "prisma/config" would need a package.json and node_modules beside it.
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";

// As TwinQL does: what is set in the environment wins over the file.
if (existsSync(".env")) process.loadEnvFile(".env");

/** The embedded database, while `twinql serve` runs. */
function embedded(): string | undefined {
  const file = join(process.env.TWINQL_DATA || ".twinql", "connection.json");
  return existsSync(file) ? JSON.parse(readFileSync(file, "utf8")).url : undefined;
}

export default {
  schema: "prisma/schema.prisma",
  migrations: { path: "prisma/migrations" },
  // Migrations need a direct connection: DATABASE_URL may lead through a transaction pooler.
  datasource: {
    url: process.env.DIRECT_URL || process.env.DATABASE_URL || embedded(),
    // An empty database that `migrate diff --from-migrations` may fill and clear; `migrate dev` makes its own by default.
    shadowDatabaseUrl: process.env.SHADOW_DATABASE_URL || undefined,
  },
};
