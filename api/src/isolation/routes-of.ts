import { documentOf } from "../openapi.ts";
import { undeployedApp } from "../undeployed.ts";

type Operation = { security?: object[]; "x-permission"?: string };
type Document = { paths: Record<string, Record<string, Operation>> };

/** A route as the OpenAPI document has it; without a permission it is open to everybody. */
export type Route = { name: string; method: string; path: string; permission: string | undefined };

/** Every route there is, out of the document that the routes make. */
export async function routesOf(): Promise<Route[]> {
  const { paths } = JSON.parse(await documentOf(await undeployedApp())) as Document;
  return Object.entries(paths).flatMap(([path, operations]) =>
    Object.entries(operations).map(([method, operation]) => ({
      name: `${method} ${path}`,
      method: method.toUpperCase(),
      path,
      permission: operation["x-permission"],
    })),
  );
}
