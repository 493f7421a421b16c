import { readdir, readFile } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";

const isStopped = async (pid: number, thread: string): Promise<boolean> => {
  const stat = await readFile(`/proc/${pid}/task/${thread}/stat`, "utf8");
  return /^.*\) T/s.test(stat);
};

async function standsStill(pid: number): Promise<boolean> {
  const threads = await readdir(`/proc/${pid}/task`);
  return (await Promise.all(threads.map((one) => isStopped(pid, one)))).every(Boolean);
}

/** Stops a process (SIGSTOP); resolves when all of its threads stand still, as one may answer until then. */
export async function standStill(pid: number): Promise<void> {
  process.kill(pid, "SIGSTOP");
  while (!(await standsStill(pid))) await sleep(1);
}
