import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { undeployedApp } from "./undeployed.ts";
import { documentOf } from "./openapi.ts";

/** Writes `openapi.json`. */
const file = join(import.meta.dirname, "..", "openapi.json");
writeFileSync(file, await documentOf(await undeployedApp()));
