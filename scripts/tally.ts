// Prints `N passed, N failed` for the last `turbo run --summarize` of the working folder: every
// test of every room is one, every check is one, and so is a room that broke outside its tests.
import { existsSync, readdirSync, readFileSync } from "node:fs";

type Task = { package: string; task: string; execution: { exitCode: number } };
type Report = { numPassedTests: number; numFailedTests: number };
type Count = { passed: number; failed: number };

const parse = (path: string): unknown => JSON.parse(readFileSync(path, "utf8"));

/** The tasks of the newest run; run ids sort by time. Throws when turbo wrote no summary. */
function lastRun(folder: string): Task[] {
  const newest = readdirSync(folder).toSorted().at(-1);
  return (parse(`${folder}/${newest}`) as { tasks: Task[] }).tasks;
}

function countTests({ package: name }: Task): Count {
  const path = `.results/${name.split("/").at(-1)}.json`;
  if (!existsSync(path)) return { passed: 0, failed: 0 };
  const report = parse(path) as Report;
  return { passed: report.numPassedTests, failed: report.numFailedTests };
}

function count(task: Task): Count {
  const failed = task.execution.exitCode === 0 ? 0 : 1;
  if (task.task !== "test") return { passed: 1 - failed, failed };
  const tests = countTests(task);
  return { passed: tests.passed, failed: Math.max(tests.failed, failed) };
}

const counts = lastRun(".turbo/runs").map(count);
const sum = (key: keyof Count): number => counts.reduce((total, each) => total + each[key], 0);
console.log(`${sum("passed")} passed, ${sum("failed")} failed`);
