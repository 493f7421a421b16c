import { nameOf } from "./faults.ts";
import type { ChaosOptions } from "./options.ts";
import { INVARIANTS, type Invariant } from "./reckoning.ts";
import type { Findings } from "./run.ts";

/** Of a list of what is wrong, so many are told. */
const MOST = 20;

/** Every invariant in words, with what breaks it. */
function invariantsOf({ reckoning, others }: Findings): [string, string[]][] {
  const own = Object.entries(reckoning.breaches) as [Invariant, string[]][];
  return [
    ...own.map(([name, broken]): [string, string[]] => [INVARIANTS[name], broken]),
    ...Object.entries(others),
  ];
}

/** The invariants that do not hold, with what breaks them. */
const breachesOf = (findings: Findings): [string, string[]][] =>
  invariantsOf(findings).filter(([, broken]) => broken.length > 0);

const row = (...cells: (string | number)[]): string => `| ${cells.join(" | ")} |`;

const counted = (of: Record<string, number>): string =>
  Object.entries(of)
    .map(([name, count]) => `${count} ${name}`)
    .join(", ") || "0";

function faultRows({ faults }: Findings): string[] {
  const groups = Map.groupBy(faults, nameOf);
  return [...groups]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, all]) => {
      const seconds = all.reduce((sum, one) => sum + one.seconds, 0);
      return row(name, all.length, seconds === 0 ? "" : seconds.toFixed(1));
    });
}

function figures({ faults, doors, reckoning, looks }: Findings): string[] {
  const { delivered, dead, waiting, extra, inFlight } = reckoning;
  return [
    row("faults", faults.length),
    row("mails handed in", doors.mails),
    row("answered 250", doors.accepted),
    row("answered 4xx, 5xx", doors.refused),
    row("answered nothing", doors.unknown),
    row("recipients of a 250 at the next hop", delivered),
    row("dead letters", counted(dead)),
    row("still waiting", waiting),
    row("extra copies", `${extra}, ${inFlight} recipients with a mail in flight at a kill`),
    row("looks at the API of each tenant", looks),
  ];
}

/** Tables of a run, in Markdown. */
export function report({ minutes, seed }: ChaosOptions, findings: Findings): string {
  const invariants = invariantsOf(findings).map(([words, broken]) =>
    row(words, broken.length === 0 ? "holds" : `**broken**, ${broken.length}`),
  );
  return [
    `\`npm run chaos -- --minutes ${minutes} --seed ${seed}\``,
    "",
    row("fault", "times", "seconds"),
    row("---", "--:", "--:"),
    ...faultRows(findings),
    "",
    row("figure", ""),
    row("---", "---"),
    ...figures(findings),
    "",
    row("invariant", ""),
    row("---", "---"),
    ...invariants,
  ].join("\n");
}

/** What is wrong, and how to see it again; empty when nothing is. */
export function complaint({ minutes, seed }: ChaosOptions, findings: Findings): string {
  const broken = breachesOf(findings).flatMap(([words, all]) => [
    `BROKEN: ${words}`,
    ...all.slice(0, MOST).map((one) => `  ${one}`),
    ...(all.length > MOST ? [`  and ${all.length - MOST} more`] : []),
  ]);
  if (broken.length === 0) return "";
  return [`seed ${seed}, ${minutes} minutes`, ...broken].join("\n");
}
