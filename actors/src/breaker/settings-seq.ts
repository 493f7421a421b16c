import type { Directory } from "@waybill/runtime";
import { PLATFORM, userOfServer } from "@waybill/schemas";
import type { Scope } from "./entity.ts";

/** The sequence of the last fact of a provider's settings; 0 of one that no fact tells of. */
export function settingsSeq(
  directory: Pick<Directory, "lastSeq">,
  { tenant, owner, provider }: Scope,
): number {
  const user = userOfServer(provider);
  switch (owner) {
    case "tenant":
      return user === undefined
        ? directory.lastSeq(tenant, "provider", provider)
        : directory.lastSeq(tenant, "usersmtp", user);
    case "platform":
      return directory.lastSeq(PLATFORM, "provider", provider);
    case "environment":
    case "builtin":
      return 0;
  }
}
