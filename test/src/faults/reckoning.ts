import type { MailCount } from "../mail/sink-ledger.ts";
import type { SubmitReport } from "../mail/submitter.ts";
import type { Summary } from "./views.ts";

/** Where every mail of a run ended; places are named `<mail> <recipient>`. */
export type Reckoning = {
  /** Mails answered with 250. */
  accepted: number;
  /** Recipients of those that are neither at the sink nor given up in the views. */
  lost: string[];
  /** Recipients of whom the views tell something else than the sink, or nothing. */
  untrue: string[];
  /** Messages that are a dead letter in one list of the API and not in the other. */
  misfiled: string[];
  /** Recipients given up, by `<first word of the address>: <reason>`. */
  dead: Record<string, number>;
  /** Copies at the sink beyond the first of a mail for a recipient. */
  extra: number;
};

/** Nothing lost, nothing told wrong, nothing given up. */
export const CLEAN = { lost: [], untrue: [], misfiled: [], dead: {} };

export type Evidence = {
  report: Pick<SubmitReport, "accepted" | "queuedAs">;
  /** The recipients a mail was submitted for. */
  recipientsOf: (id: string) => readonly string[];
  atSink: ReadonlyMap<string, MailCount>;
  messages: readonly Summary[];
  deadLetters: readonly Summary[];
};

type Place = { id: string; address: string; copies: number; status: string; reason: string };

function placesOf({ report, recipientsOf, atSink, messages }: Evidence): Place[] {
  const views = new Map(messages.map((view) => [view.id, view]));
  return report.accepted.flatMap((id) => {
    const view = views.get(report.queuedAs.get(id) ?? "");
    return recipientsOf(id).map((address) => {
      const seen = view?.recipients.find((one) => one.address === address);
      const copies = atSink.get(id)?.recipients.get(address) ?? 0;
      return { id, address, copies, status: seen?.status ?? "none", reason: seen?.reason ?? "" };
    });
  });
}

const name = ({ id, address }: Place): string => `${id} ${address}`;

/** What the views must say: delivered where the sink has it, dead where it has not. */
const isTrue = ({ copies, status, reason }: Place): boolean =>
  copies > 0 ? status === "delivered" : status === "dead" && reason !== "";

function deadByReason(places: readonly Place[]): Record<string, number> {
  const dead: Record<string, number> = {};
  for (const { address, status, reason } of places) {
    const key = `${/^\w+/.exec(address)?.[0]}: ${reason}`;
    if (status === "dead") dead[key] = (dead[key] ?? 0) + 1;
  }
  return dead;
}

const hasDead = ({ recipients }: Summary): boolean =>
  recipients.some(({ status }) => status === "dead");

function misfiled({ messages, deadLetters }: Evidence): string[] {
  const told = new Set(messages.filter(hasDead).map(({ id }) => id));
  return [...told.symmetricDifference(new Set(deadLetters.map(({ id }) => id)))];
}

/** Copies beyond the first, over all mails and recipients. */
function extraCopies(atSink: ReadonlyMap<string, MailCount>): number {
  const copies = [...atSink.values()].flatMap(({ recipients }) => [...recipients.values()]);
  return copies.reduce((sum, count) => sum + count - 1, 0);
}

/** Holds what was promised at the door against the sink, and both against the views. */
export function reckon(evidence: Evidence): Reckoning {
  const places = placesOf(evidence);
  return {
    accepted: evidence.report.accepted.length,
    lost: places.filter(({ copies, status }) => copies === 0 && status !== "dead").map(name),
    untrue: places.filter((place) => !isTrue(place)).map(name),
    misfiled: misfiled(evidence),
    dead: deadByReason(places),
    extra: extraCopies(evidence.atSink),
  };
}
