import type { Readable } from "node:stream";
import type { Door, Reports } from "../door.ts";
import { discard } from "../message.ts";
import { Refused, reply, type Reply } from "../replies.ts";
import { factOf } from "./facts.ts";
import type { FoundPath } from "./found-path.ts";
import { readReport } from "./report.ts";
import type { Report } from "./said.ts";

/** Octets of a report that are kept and read: what it says stands before the original. */
const READ = 512 * 1024;

/** The first octets of a mail; all of it is taken from the client. @throws Refused when it is too large */
async function headOf({ config }: Door, stream: Readable): Promise<string> {
  const max = config.WAYBILL_SMTP_MAX_SIZE;
  const kept: Buffer[] = [];
  let size = 0;
  for await (const chunk of stream.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    if (size < READ) kept.push(chunk.subarray(0, READ - size));
    size += chunk.length;
    if (size > max) throw new Refused(reply("messageTooLarge", { max }));
  }
  return Buffer.concat(kept).toString();
}

/** The message and the recipient that a return path was made for, if the log still holds them. */
async function subjectOf(reports: Reports, path: FoundPath) {
  const { tenant, messageId } = path;
  const accepted = await reports.findAccepted(tenant, messageId);
  const recipients = accepted?.envelope.recipients ?? [];
  const recipient = recipients.find((one) => reports.paths.isFor(tenant, path, one));
  return accepted && recipient !== undefined ? { accepted, recipient } : undefined;
}

/**
 * What makes two reports on a recipient of a message one, however they name themselves: whoever knows
 * the return path may send any number of them, in any words.
 */
function whatOf(report: Report): string {
  if (report.kind !== "failed") return report.kind;
  return `failed:${report.isHard}:${report.category}`;
}

/** Records what a report says of the recipient that its return path was made for; resolves with what it was. */
async function record(door: Door, path: FoundPath, mail: string): Promise<string> {
  const report = readReport(mail);
  if (report === undefined) return "no report";
  const subject = door.reports && (await subjectOf(door.reports, path));
  if (subject === undefined) return "on a mail that the log holds no more";
  const eventId = door.secrets.hash(`report:${whatOf(report)}`).slice(0, 32);
  const time = new Date().toISOString();
  await door.events.append(factOf(report, { ...subject, eventId, time }));
  return report.kind;
}

/**
 * Takes a mail that came to a return path, which ends here: a report becomes a fact, and anything
 * else, such as the answer of somebody who is away, is dropped. What could not be recorded is to come
 * again (451).
 */
export async function takeReport(door: Door, stream: Readable, path: FoundPath): Promise<Reply> {
  const { tenant, messageId } = path;
  try {
    const said = await record(door, path, await headOf(door, stream));
    door.log.info({ tenant, messageId, report: said }, "mail to a return path");
    return reply("reportTaken");
  } catch (error) {
    discard(stream);
    if (error instanceof Refused) return error.reply;
    const left = stream.destroyed && !stream.readableEnded;
    if (!left) door.log.error({ err: error, tenant, messageId }, "report not recorded");
    return reply("unavailable");
  }
}
