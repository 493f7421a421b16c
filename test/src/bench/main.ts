/** `npm run bench [what] [-- flags]`: see docs/benchmarks.md. */
const BENCHES: Record<string, () => Promise<unknown>> = {
  throughput: () => import("./throughput.ts"),
  backlog: () => import("./backlog/main.ts"),
  directory: () => import("./directory/main.ts"),
  workers: () => import("./workers/main.ts"),
  providers: () => import("./providers/main.ts"),
};

const [first = ""] = process.argv.slice(2);
const isNamed = first !== "" && !first.startsWith("-");
const [what] = isNamed ? process.argv.splice(2, 1) : ["throughput"];
const run = BENCHES[what ?? ""];
if (run === undefined) {
  console.error(`there is no bench ${what}: one of ${Object.keys(BENCHES).join(", ")}`);
  process.exit(2);
}
await run();
