import type { Proof } from "./proof.ts";
import { proveBodies, proveFeed } from "./prove-log.ts";
import { proveHooks } from "./prove-hooks.ts";
import { proveIds, proveRoutes } from "./prove-routes.ts";
import { proveTables } from "./prove-tables.ts";
import { routesOf } from "./routes-of.ts";
import { startScene } from "./scene.ts";

/**
 * Tries to reach what is tenant a's by every route, id, table and feed without the right to it. What
 * there is to try comes from the OpenAPI document, the directory and the database's catalog.
 */
export async function proveIsolation(): Promise<Proof[]> {
  const scene = await startScene();
  try {
    const routes = (await routesOf()).filter(({ permission }) => permission);
    return [
      ...(await proveRoutes(scene, routes)),
      ...(await proveIds(scene, routes)),
      ...(await proveHooks(scene)),
      ...(await proveTables(scene)),
      ...(await proveFeed(scene)),
      ...(await proveBodies(scene)),
    ];
  } finally {
    await scene.world[Symbol.asyncDispose]();
  }
}
