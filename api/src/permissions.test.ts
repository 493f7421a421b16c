import { readFile } from "node:fs/promises";
import { expect, it } from "vitest";
import { OF_PLATFORM, OF_ROLE, OF_SCOPE } from "./permissions.ts";

const page = await readFile(new URL("../../docs/permissions.md", import.meta.url), "utf8");
const rows = page
  .split("\n")
  .filter((line) => line.startsWith("| `"))
  .map((line) => line.split("|").slice(1, -1));
const wordsIn = (cell = "") => [...cell.matchAll(/`([\w:]+)`/g)].map(([, word = ""]) => word);

it("the page of permissions says what each role may do", () => {
  const { viewer, member, admin, owner } = OF_ROLE;
  const roles: readonly (readonly string[])[] = [viewer, member, admin, owner, OF_PLATFORM];
  const table = rows.filter((cells) => cells.length === 7);
  expect(table.map(([name]) => wordsIn(name)[0] ?? "").toSorted()).toEqual(
    [...OF_PLATFORM].toSorted(),
  );
  for (const [name, , ...cells] of table) {
    const [permission = ""] = wordsIn(name);
    const said = roles.map((may) => (may.includes(permission) ? "yes" : "no"));
    expect(cells.map((cell) => cell.trim())).toEqual(said);
  }
});

it("the page of permissions says what each scope of a key opens", () => {
  const table = rows.filter((cells) => cells.length === 2);
  const said = Object.fromEntries(
    table.map(([name, may]) => [wordsIn(name)[0] ?? "", wordsIn(may).toSorted()]),
  );
  const meant = Object.entries(OF_SCOPE).map(([scope, may]) => [scope, [...may].toSorted()]);
  expect(said).toEqual(Object.fromEntries(meant));
});
