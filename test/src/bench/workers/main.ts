/** `npm run bench workers [-- --mails 10000 --size 4096 --connections 20 --rounds 2 --data /tmp]` */
import { readOptions } from "../options.ts";
import { withStack } from "../with-stack.ts";
import { measureWorkers, type WorkerFigures } from "./measure.ts";

const options = readOptions(process.argv.slice(2));
const measured: WorkerFigures[] = [];
for (let round = 0; round < options.rounds; round += 1)
  for (const ofEach of [1, 2])
    await withStack(async (stack) => {
      measured.push(await measureWorkers(ofEach, options, stack));
      console.log(JSON.stringify(measured.at(-1)));
    });

console.log("| processes of each stage | 250s a second | delivered a second |");
console.log("| ----------------------: | ------------: | -----------------: |");
for (const { ofEach, acceptedPerSecond, deliveredPerSecond } of measured)
  console.log(`| ${ofEach} | ${acceptedPerSecond} | ${deliveredPerSecond} |`);
