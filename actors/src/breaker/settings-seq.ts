import type { Directory } from "@waybill/runtime";
import { PLATFORM, settingsSeqOf, userOfServer } from "@waybill/schemas";
import type { Scope } from "./entity.ts";

type Known = Pick<Directory, "find" | "lastSeq">;

/** A refresh token that was replaced is no change of the settings. */
const ofProvider = (directory: Known, holder: string, id: string): number =>
  settingsSeqOf(directory.find(holder, "provider", id)?.entity) ??
  directory.lastSeq(holder, "provider", id);

/** The sequence of the last fact of a provider's settings; 0 of one that no fact tells of. */
export function settingsSeq(directory: Known, { tenant, owner, provider }: Scope): number {
  const user = userOfServer(provider);
  switch (owner) {
    case "tenant":
      return user === undefined
        ? ofProvider(directory, tenant, provider)
        : directory.lastSeq(tenant, "usersmtp", user);
    case "platform":
      return ofProvider(directory, PLATFORM, provider);
    case "environment":
    case "builtin":
      return 0;
  }
}
