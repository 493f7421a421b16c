import { SmtpSettings } from "@waybill/schemas/shapes";
import { z } from "zod";
import type { App } from "../deps.ts";
import { PRESET_NAMES, PRESETS } from "../resources/provider-presets.ts";
import { json } from "../shapes/named.ts";
import { problems } from "../shapes/problem.ts";

const Preset = SmtpSettings.pick({ host: true, port: true, tls: true }).extend({
  preset: z.enum(PRESET_NAMES),
});

const schema = {
  summary: "Where well-known services take mail",
  tags: ["providers"],
  response: {
    200: json("The presets", z.object({ items: z.array(Preset) })),
    ...problems("unauthenticated", "forbidden"),
  },
};

/** `GET /api/v1/providers/presets` */
export function listProviderPresetsRoute(app: App): void {
  const items = PRESET_NAMES.map((preset) => ({ preset, ...PRESETS[preset] }));
  app.get("/providers/presets", { schema, config: { may: "config:read" } }, async () => ({
    items,
  }));
}
