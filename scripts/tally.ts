// Prints `N passed, N failed` for the last `turbo run --summarize` of the working folder: every
// test of every room is one, every check is one, and so is a room that broke outside its tests.
// Before that, what failed.
import { existsSync, readdirSync, readFileSync } from "node:fs";

type Task = { package: string; task: string; execution: { exitCode: number } };
type Test = { fullName: string; status: string; failureMessages: string[] };
type File = { name: string; status: string; message: string; assertionResults: Test[] };
type Report = { numPassedTests: number; numFailedTests: number; testResults: File[] };
type Count = { passed: number; failed: number };

const parse = (path: string): unknown => JSON.parse(readFileSync(path, "utf8"));

/** The tasks of the newest run; run ids sort by time. Throws when turbo wrote no summary. */
function lastRun(folder: string): Task[] {
  const newest = readdirSync(folder).toSorted().at(-1);
  return (parse(`${folder}/${newest}`) as { tasks: Task[] }).tasks;
}

function reportOf({ package: name }: Task): Report {
  const path = `.results/${name.split("/").at(-1)}.json`;
  if (!existsSync(path)) return { numPassedTests: 0, numFailedTests: 0, testResults: [] };
  return parse(path) as Report;
}

function count(task: Task): Count {
  const failed = task.execution.exitCode === 0 ? 0 : 1;
  if (task.task !== "test") return { passed: 1 - failed, failed };
  const { numPassedTests, numFailedTests } = reportOf(task);
  return { passed: numPassedTests, failed: Math.max(numFailedTests, failed) };
}

/** What failed in a file, each with why: its tests, or the file itself. */
function failuresOf({ name, status, message, assertionResults }: File): string[] {
  const file = name.slice(process.cwd().length + 1);
  const tests = assertionResults.filter((test) => test.status === "failed");
  const failed = tests.map((test) => `${file} > ${test.fullName}: ${test.failureMessages[0]}`);
  return failed.length > 0 || status !== "failed" ? failed : [`${file}: ${message}`];
}

function failuresIn(task: Task): string[] {
  if (task.execution.exitCode === 0) return [];
  const failures = task.task === "test" ? reportOf(task).testResults.flatMap(failuresOf) : [];
  return failures.length > 0 ? failures : [`${task.package} ${task.task}: broke`];
}

const tasks = lastRun(".turbo/runs");
for (const failure of tasks.flatMap(failuresIn)) console.log(`failed: ${failure}`);
const counts = tasks.map(count);
const sum = (key: keyof Count): number => counts.reduce((total, each) => total + each[key], 0);
console.log(`${sum("passed")} passed, ${sum("failed")} failed`);
