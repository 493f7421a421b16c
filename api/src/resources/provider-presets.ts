import type { SmtpSettings } from "@waybill/schemas";

/** Where well-known services take mail, as they document it. */
export const PRESETS = {
  gmail: { host: "smtp.gmail.com", port: 587, tls: "starttls" },
  outlook: { host: "smtp-mail.outlook.com", port: 587, tls: "starttls" },
  sendgrid: { host: "smtp.sendgrid.net", port: 587, tls: "starttls" },
  mailgun: { host: "smtp.mailgun.org", port: 587, tls: "starttls" },
} as const satisfies Record<string, Pick<SmtpSettings, "host" | "port" | "tls">>;

export type PresetName = keyof typeof PRESETS;
export const PRESET_NAMES = Object.keys(PRESETS) as [PresetName, ...PresetName[]];
