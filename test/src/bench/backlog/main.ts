/** `npm run bench backlog [-- --mails 10000,100000 --size 1024 --connections 20 --data /tmp]` */
import { tmpdir } from "node:os";
import { parseArgs } from "node:util";
import { withStack } from "../with-stack.ts";
import { measureBacklog, type BacklogFigures } from "./measure.ts";
import { backlogTable } from "./table.ts";

const flags = {
  mails: { type: "string", default: "10000,100000" },
  size: { type: "string", default: "1024" },
  connections: { type: "string", default: "20" },
  data: { type: "string", default: tmpdir() },
} as const;
const { mails, size, connections, data } = parseArgs({ options: flags }).values;
const load = { size: Number(size), connections: Number(connections) };
const counts = mails.split(",").map(Number);

await withStack(async (stack) => {
  const measured: BacklogFigures[] = [];
  for (const count of counts) {
    const figures = await measureBacklog({ ...load, mails: count }, data, stack);
    console.log(JSON.stringify(figures));
    measured.push(figures);
  }
  console.log(backlogTable(measured));
});
