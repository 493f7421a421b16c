import { proveIsolation } from "./prove.ts";

const proofs = await proveIsolation();
const cells = proofs.map(({ holds, ...said }) => [
  holds ? "holds" : "BROKEN",
  ...Object.values(said),
]);
const head = ["", "what", "asked by", "expected", "got"];
const widths = head.map((_, at) =>
  Math.max(...[head, ...cells].map((row) => row[at]?.length ?? 0)),
);
for (const row of [head, ...cells])
  console.log(
    row
      .map((cell, at) => cell.padEnd(widths[at] ?? 0))
      .join("  ")
      .trimEnd(),
  );
const broken = proofs.filter(({ holds }) => !holds).length;
console.log(`${proofs.length - broken} hold, ${broken} broken`);
process.exitCode = broken === 0 ? 0 : 1;
