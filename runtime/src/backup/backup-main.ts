// `npm run backup -- --to FOLDER`: a backup of the installation, which may be at work.
import { backup } from "./backup.ts";
import { needed, runCommand } from "./command.ts";
import { openSource } from "./source.ts";

const USAGE = "npm run backup -- --to FOLDER [--with-secrets]";

const FLAGS = { to: { type: "string" }, "with-secrets": { type: "boolean" } } as const;

const warning = (id: string): string =>
  `The master key ${id} is NOT in this backup, and without it no secret in it opens. Keep the key elsewhere (the file \`secret\`, or WAYBILL_SECRET).`;

const warningOf = (id: string): string =>
  `The master key ${id} IS in this backup: whoever has the backup has every secret of every tenant.`;

const left = (place: string): string =>
  `Bodies in ${place} are NOT in this backup: keep what is there for as long as the backup.`;

await runCommand("backup", USAGE, FLAGS, async (flags, config, log) => {
  const to = needed(flags, "to", USAGE);
  const withSecrets = flags["with-secrets"] === true;
  const { nats, close } = await openSource(config, log);
  try {
    const kept = await backup(nats, config, to, withSecrets);
    console.error((withSecrets ? warningOf : warning)(kept.masterKey));
    for (const place of kept.bodiesIn) console.error(left(place));
    return { to, ...kept, withSecrets };
  } finally {
    await close();
  }
});
