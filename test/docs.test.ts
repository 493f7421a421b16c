import { existsSync, globSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";

const root = join(import.meta.dirname, "..");
const read = (path: string) => readFileSync(join(root, path), "utf8");
const rows = (path: string) => [...read(path).matchAll(/^\| `([^`]+)` +\| ([^|]+?) +\|/gm)];

type Manifest = { workspaces?: string[] } & Record<string, Record<string, string>>;
const manifest = (folder: string): Manifest => JSON.parse(read(join(folder, "package.json")));
const KINDS = ["dependencies", "devDependencies", "optionalDependencies"];

/** `package: room` for every dependency of one package.json that is not a room of ours. */
function namedBy(folder: string): string[] {
  const names = KINDS.flatMap((kind) => Object.keys(manifest(folder)[kind] ?? {}));
  const room = folder === "." ? "root" : folder;
  return names.filter((name) => !name.startsWith("@waybill/")).map((name) => `${name}: ${room}`);
}

test("every dependency of every package.json has its row, and every row its dependency", () => {
  const named = [".", ...(manifest(".").workspaces ?? [])].flatMap(namedBy);
  const documented = rows("docs/dependencies.md").flatMap(([, name, rooms]) =>
    (rooms ?? "").split(", ").map((room) => `${name}: ${room}`),
  );
  expect(documented.toSorted()).toEqual(named.toSorted());
});

const documents = ["CONTRIBUTING.md", ...globSync("docs/**/*.md", { cwd: root })];

test.each(documents)("every link of %s leads to a file", (path) => {
  const links = [...read(path).matchAll(/\]\(([^)#:]+)(?:#[^)]*)?\)/g)].map(
    ([, link]) => link ?? "",
  );
  const missing = links.filter((link) => !existsSync(join(root, dirname(path), link)));
  expect(missing).toEqual([]);
});
