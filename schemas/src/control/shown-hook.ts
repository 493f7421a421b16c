import type { Hook } from "./hook.ts";
import { pick, type Shown } from "./pick.ts";

const COMMON = {
  kind: false,
  id: true,
  name: true,
  provider: true,
  createdAt: true,
  type: true,
} as const;

const SHARED = { sealedSecret: false, sealedPreviousSecret: false } as const;

/** What of a webhook may be shown: all but its secrets. */
export function shownHook(hook: Hook): Shown {
  switch (hook.type) {
    case "sendgrid":
      return pick(hook, { ...COMMON, publicKey: true });
    case "ses":
      return pick(hook, { ...COMMON, topicArn: true, onlyVersion2: true });
    case "postmark":
      return pick(hook, { ...COMMON, ...SHARED, username: true, header: true });
    case "mailgun":
    case "resend":
    case "generic":
      return pick(hook, { ...COMMON, ...SHARED });
  }
}
