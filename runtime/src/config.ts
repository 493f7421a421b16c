import { hostname } from "node:os";
import { resolve } from "node:path";
import { SETTINGS, type SettingName, type Settings, type StageName } from "./settings.ts";
import { StartError } from "./start-error.ts";

/** What the environment says, read once, with the places derived from it. */
export type Config = Omit<Settings, "WAYBILL_DATA" | "WAYBILL_HOSTNAME"> & {
  /** Absolute path of the data folder. */
  WAYBILL_DATA: string;
  WAYBILL_HOSTNAME: string;
};

export const ALL_STAGES: readonly StageName[] = ["ingress", "actors", "projections", "api"];

function parse(name: SettingName, given: string | undefined): unknown {
  const { parse: read, fallback, meaning } = SETTINGS[name];
  try {
    return read(given === undefined || given === "" ? fallback : given);
  } catch (error) {
    const rule = error instanceof Error ? error.message : "not valid";
    throw new StartError(`${name} must be ${rule}`, `${name} is: ${meaning}`);
  }
}

/**
 * Reads the settings out of an environment.
 * @throws StartError naming the variable and the rule it breaks; never its value, which may be a secret.
 */
export function readConfig(env: Record<string, string | undefined>): Config {
  const names = Object.keys(SETTINGS) as SettingName[];
  const settings = Object.fromEntries(
    names.map((name) => [name, parse(name, env[name])]),
  ) as Settings;
  return {
    ...settings,
    WAYBILL_DATA: resolve(settings.WAYBILL_DATA),
    WAYBILL_HOSTNAME: settings.WAYBILL_HOSTNAME ?? hostname(),
  };
}

/** The configuration of this process. */
export const configFromEnvironment = (): Config => readConfig(process.env);
