import { readFile } from "node:fs/promises";
import { expect, it } from "vitest";
import { ERRORS, type ErrorCode, Problem } from "./errors.ts";

const PAGE = new URL("../../docs/errors.md", import.meta.url);
const ROW = /^\| `(\w+)` +\| (\d{3}) +\| (.+?) +\| .+ \|$/gm;

it("the page of errors holds the same list as the code", async () => {
  const rows = [...(await readFile(PAGE, "utf8")).matchAll(ROW)];
  const documented = rows.map(([, code, status, title]) => [
    code,
    { status: Number(status), title },
  ]);
  expect(documented).toEqual(Object.entries(ERRORS));
});

it.each(Object.keys(ERRORS) as ErrorCode[])("%s is a problem details object", (code) => {
  const problem = new Problem(code, "why", { cause: new Error("private words") });
  const { status, title } = ERRORS[code];
  expect(problem.body()).toEqual({
    type: `urn:waybill:error:${code}`,
    title,
    status,
    detail: "why",
    code,
  });
  expect("retry-after" in problem.headers).toBe(status === 503);
});
