import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Config } from "../config.ts";
import type { FirstCredentials } from "../first-start.ts";

function readCredentials(dataFolder: string): FirstCredentials | undefined {
  try {
    return JSON.parse(
      readFileSync(join(dataFolder, "credentials.json"), "utf8"),
    ) as FirstCredentials;
  } catch {
    return undefined;
  }
}

/** What a person at a terminal can paste; the secrets stay in the file. */
export function linesToPaste(config: Config): string {
  const kept = readCredentials(config.WAYBILL_DATA);
  if (kept === undefined) return "";
  const file = join(config.WAYBILL_DATA, "credentials.json");
  const secret = (path: string) => `"$(jq -r .${path} ${file})"`;
  const { smtp, api } = kept;
  return [
    "",
    "  Send a first mail:",
    `    swaks --server ${smtp.host}:${smtp.port} --tls --auth PLAIN --auth-user ${smtp.username} --auth-password ${secret("smtp.password")} \\`,
    "      --from me@example.com --to delivered@sandbox.waybill.test",
    "  See what became of it:",
    `    curl -H "Authorization: Bearer "${secret("api.key")} ${api.url}/api/v1/messages`,
    "",
    "",
  ].join("\n");
}
