import { readFile } from "node:fs/promises";
import { expect, it } from "vitest";
import { documentOf } from "./openapi.ts";
import { undeployedApp } from "./undeployed.ts";

it("the committed document is the one the routes make: npm run openapi", async () => {
  const committed = await readFile(new URL("../openapi.json", import.meta.url), "utf8");
  expect(JSON.parse(committed)).toEqual(JSON.parse(await documentOf(await undeployedApp())));
});

type Operation = { operationId: string; tags: string[]; summary: string };

it("every route has a name of its own, a tag and a summary", async () => {
  const { paths } = JSON.parse(await documentOf(await undeployedApp())) as {
    paths: Record<string, Record<string, Operation>>;
  };
  const all = Object.values(paths).flatMap((methods) => Object.values(methods));
  const names = all.map(({ operationId }) => operationId);
  expect(new Set(names).size).toBe(all.length);
  expect(names).toEqual(
    expect.arrayContaining(["getMessagesByIdEvents", "getWellKnownJwksJson", "postApiKeys"]),
  );
  for (const { tags, summary } of all) expect([tags.length, typeof summary]).toEqual([1, "string"]);
});
