import { spawn } from "node:child_process";
import { once } from "node:events";
import { resolve } from "node:path";
import type { End } from "./relay.ts";

const FOLDER = resolve(import.meta.dirname, "../../../runtime/src/backup");

type User = { uid: number; gid: number };

/** Starts the command of an operator as a process; `ended` resolves with how it ended. */
export function startCommand(
  command: "backup" | "restore",
  args: readonly string[],
  env: Record<string, string>,
  user?: User,
) {
  const program = resolve(FOLDER, `${command}-main.ts`);
  const child = spawn(process.execPath, [program, ...args], {
    env: { PATH: process.env.PATH ?? "", ...env },
    stdio: ["ignore", "pipe", "pipe"],
    ...user,
  });
  const end: End = { code: null, stdout: "", stderr: "" };
  child.stdout.setEncoding("utf8").on("data", (text: string) => (end.stdout += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => (end.stderr += text));
  const ended = once(child, "close").then(() => ({ ...end, code: child.exitCode }));
  return { child, ended };
}

/** Takes a backup of a data folder's installation, secrets included; rejects with the command's words. */
export async function takeBackup(data: string, to: string, user?: User): Promise<End> {
  return done("backup", ["--to", to, "--with-secrets"], { WAYBILL_DATA: data }, user);
}

/** Restores a backup into a data folder, and a list of erasures to be repeated; rejects with the command's words. */
export async function restoreBackup(
  from: string,
  data: string,
  { user, erasures }: { user?: User | undefined; erasures?: string } = {},
): Promise<End> {
  const list = erasures === undefined ? [] : ["--erasures", erasures];
  return done("restore", ["--from", from, ...list], { WAYBILL_DATA: data }, user);
}

async function done(...command: Parameters<typeof startCommand>): Promise<End> {
  const end = await startCommand(...command).ended;
  if (end.code !== 0) throw new Error(`${command[0]} ended with ${end.code}: ${end.stderr}`);
  return end;
}

/** The words with which a command is refused; it must end with 1 and one line. */
export async function refusal(...command: Parameters<typeof startCommand>): Promise<string> {
  const { code, stdout, stderr } = await startCommand(...command).ended;
  if (code !== 1 || stdout !== "" || !/^[^\n]+; [^\n]+\n$/.test(stderr))
    throw new Error(`no refusal: ${code} ${stdout} ${stderr}`);
  return stderr;
}
