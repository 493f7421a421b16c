import type { Held } from "@waybill/runtime";
import type { Hook } from "@waybill/schemas";
import { z } from "zod";
import type { App, Deps } from "../deps.ts";
import { Problem } from "../errors.ts";
import { overLimit, type RateLimit } from "../rate-answer.ts";
import { Windows } from "../rate-windows.ts";
import { json, named } from "../shapes/named.ts";
import { problems } from "../shapes/problem.ts";
import { certificatesBy } from "./certificates.ts";
import { receive } from "./receive.ts";

/** Octets of a call. */
const LARGEST = 5 * 1024 * 1024;

const Params = z.strictObject({ provider: z.string().max(20), binding: z.string().max(100) });

const HookTally = named(
  "HookTally",
  z.object({
    recorded: z.int().describe("things told that are in the log now"),
    repeated: z.int().describe("those that an earlier call told"),
    ignored: z.int().describe("those that are no feedback, or of mail that is not the relay's"),
    unknown: z.int().describe("those of a message or recipient that the tenant has not"),
  }),
);

const schema = {
  summary: "A provider tells what became of mail",
  description:
    "The body is the provider's own, of up to 5 MB and 10,000 events, and verified as the webhook demands: see GET /api/v1/hooks.",
  tags: ["webhooks"],
  params: Params,
  response: {
    200: json("What was done with it", HookTally),
    ...problems(
      "not_found",
      "body_too_large",
      "too_many_events",
      "hook_forged",
      "hook_refused",
      "hook_rejected",
      "rate_limited",
      "timeout",
      "unavailable",
    ),
  },
};

/** The webhook that is called, whose tenant there is. @throws Problem not_found, before the body is read */
function hookIn({ directory }: Deps, params: unknown): Held<Hook> {
  const { provider, binding } = params as z.infer<typeof Params>;
  const held = directory.hook(binding);
  if (held === undefined || held.entity.type !== provider || !directory.tenant(held.tenant))
    throw new Problem("not_found", "there is no such webhook");
  return held;
}

/** Calls of one tenant's webhooks: as many as it may make requests. */
const callsIn = ({ config }: Deps): RateLimit => ({
  name: "hook-calls",
  most: config.WAYBILL_API_MAX_REQUESTS_PER_MINUTE,
  seconds: 60,
});

/**
 * Where providers call. Who calls is told by the signature alone, so the bytes are kept as they came.
 * In a scope of its own: no other route takes such a body.
 */
export function hookCallsRoute(app: App, deps: Deps): void {
  const certificates = certificatesBy((url) => deps.fetchText(url));
  const windows = new Windows();
  const letIn = ({ tenant }: Held<Hook>): void => {
    const { rate } = windows.take(tenant, callsIn(deps), deps.now().getTime());
    if (rate.left < 0) throw overLimit(rate);
  };
  app.removeAllContentTypeParsers();
  app.addContentTypeParser("*", { parseAs: "buffer", bodyLimit: LARGEST }, (_, body, done) =>
    done(null, body),
  );
  app.post(
    "/:provider/:binding",
    {
      schema,
      bodyLimit: LARGEST,
      onRequest: async ({ params }) => letIn(hookIn(deps, params)),
    },
    async ({ params, headers, body }) => {
      const bytes = Buffer.isBuffer(body) ? body : Buffer.alloc(0);
      const call = { headers, body: bytes, now: deps.now() };
      return receive(deps, hookIn(deps, params), call, certificates);
    },
  );
}
