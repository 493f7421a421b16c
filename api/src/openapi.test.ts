import { readFile } from "node:fs/promises";
import { expect, it } from "vitest";
import { documentOf } from "./openapi.ts";
import { undeployedApp } from "./undeployed.ts";

it("the committed document is the one the routes make: npm run openapi", async () => {
  const committed = await readFile(new URL("../openapi.json", import.meta.url), "utf8");
  expect(JSON.parse(committed)).toEqual(JSON.parse(await documentOf(await undeployedApp())));
});
