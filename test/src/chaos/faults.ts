/** What a part of the relay is called here, and what its command line contains. */
export const PARTS = {
  "nats-server": "nats-server",
  PostgreSQL: "/postgres -D",
  ingress: "--stages=ingress",
  actors: "--stages=actors",
  "projections and API": "--stages=projections,api",
} as const;

export type Part = keyof typeof PARTS;

/** How a next hop can be bad: see `next-hop.ts`. */
const MOODS = [
  "slow",
  "says 421",
  "says 451",
  "says 550",
  "closes after the dot",
  "says 250 and closes",
] as const;

export type Mood = (typeof MOODS)[number];

/** By how many seconds the clock of the relay is set. */
export const STEPS = {
  "3 hours forward": 10_800,
  "3 hours back": -10_800,
  "5 minutes forward": 300,
  "5 minutes back": -300,
} as const;

type Step = keyof typeof STEPS;

export type Target =
  | { kind: "kill"; what: Part | "everything" }
  | { kind: "freeze"; what: Part }
  | { kind: "next hop"; what: Mood }
  | { kind: "network"; what: "resets" }
  | { kind: "disk"; what: "full" | "slow" }
  | { kind: "power"; what: "cut" }
  | { kind: "clock"; what: Step };

export type Fault = Target & {
  /** Seconds that it lasts; of what is over when it has begun, none. */
  seconds: number;
  /** Seconds until the next one, counted from its end; with `overlaps` from its beginning. */
  pause: number;
  overlaps: boolean;
};

const parts = Object.keys(PARTS) as Part[];
const steps = Object.keys(STEPS) as Step[];

/** Those that are over when they have begun. */
export const isInstant = ({ kind }: Target): boolean =>
  kind === "kill" || kind === "power" || kind === "clock";

/** Every fault there is, once. */
export const ALL: readonly Target[] = [
  ...parts.map((what) => ({ kind: "kill", what }) as const),
  { kind: "kill", what: "everything" },
  ...parts.map((what) => ({ kind: "freeze", what }) as const),
  ...MOODS.map((what) => ({ kind: "next hop", what }) as const),
  { kind: "network", what: "resets" },
  { kind: "disk", what: "full" },
  { kind: "disk", what: "slow" },
  { kind: "power", what: "cut" },
  ...steps.map((what) => ({ kind: "clock", what }) as const),
];

/** Faults that meet no other: a relay cannot start again on a full disk, or beside a kill of its start. */
export const isAlone = ({ what }: Target): boolean =>
  what === "full" || what === "everything" || what === "cut";

/** `kill: actors` */
export const nameOf = ({ kind, what }: Target): string => `${kind}: ${what}`;
