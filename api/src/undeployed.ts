import { makeLogger } from "@waybill/runtime";
import { buildApp } from "./app.ts";
import type { App, Deps } from "./deps.ts";
import { describeRoutes } from "./openapi.ts";

/** The API with nothing behind it: it knows its routes, and no request may be made. */
export const undeployedApp = (): Promise<App> =>
  buildApp({ log: makeLogger("error", "api") } as Deps, describeRoutes);
