import { readFile } from "node:fs/promises";
import { expect, it } from "vitest";

type Operation = { "x-permission"?: string; parameters?: { in: string; name: string }[] };

const text = await readFile(new URL("../openapi.json", import.meta.url), "utf8");
const { paths } = JSON.parse(text) as { paths: Record<string, Record<string, Operation>> };

/** Routes that are not a GET and yet change nothing that anybody would ask the reason of, or say their own. */
const CHANGE_NOTHING = new Set([
  "post /api/smtp/test",
  "post /api/v1/auth/switch-tenant",
  "post /api/v1/auth/password",
  "post /api/v1/providers/test",
  "post /api/v1/providers/{id}/test",
  "post /api/v1/routing/explain",
]);

const changes = Object.entries(paths).flatMap(([path, operations]) =>
  Object.entries(operations)
    .map(([method, operation]) => ({ name: `${method} ${path}`, method, operation }))
    .filter(({ method, operation }) => method !== "get" && operation["x-permission"] !== undefined)
    .filter(({ name }) => !CHANGE_NOTHING.has(name)),
);

it.each(changes)("$name takes the reason of the change", ({ operation }) => {
  const taken = operation.parameters?.filter((one) => one.in === "header") ?? [];
  expect(taken.map(({ name }) => name)).toContain("x-reason");
});
