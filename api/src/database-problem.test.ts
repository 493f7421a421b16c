import { expect, it } from "vitest";
import { databaseProblem } from "./database-problem.ts";

const sql = (code: string) =>
  Object.assign(new Error("private words"), { code, severity: "ERROR" });
const socket = (code: string) => Object.assign(new Error("private words"), { code });

it.each([
  ["the server shuts down", sql("57P01"), "unavailable"],
  ["too many connections", sql("53300"), "unavailable"],
  ["the role is not made yet", sql("28P01"), "unavailable"],
  ["the views are not made yet", sql("42P01"), "unavailable"],
  ["a statement over its time", sql("57014"), "timeout"],
  ["text that cannot be kept", sql("22021"), "invalid_request"],
  ["nobody listens", socket("ECONNREFUSED"), "unavailable"],
  ["a connection that broke", new Error("Connection terminated unexpectedly"), "unavailable"],
  ["no connection is free", new Error("timeout exceeded when trying to connect"), "unavailable"],
  ["a mistake in a statement", sql("42601"), undefined],
  ["a mistake in the code", new TypeError("x is not a function"), undefined],
  ["no error at all", undefined, undefined],
])("%s", (_, error, code) => {
  const problem = databaseProblem(error);
  expect(problem?.code).toBe(code);
  expect(problem?.message ?? "").not.toContain("private");
});
