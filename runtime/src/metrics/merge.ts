/** One metric: what it is (HELP and TYPE), and its samples. */
type Family = { head: string; samples: string[] };

const HEAD = /^# HELP (\S+).*\n# TYPE .*\n/;

/**
 * One text of Prometheus' format out of several: each metric is said once, with the samples of all. The
 * samples must differ in their labels.
 */
export function mergeMetrics(texts: readonly string[]): string {
  const families = new Map<string, Family>();
  for (const block of texts.flatMap((text) => text.split(/^(?=# HELP )/m))) {
    const [head, name] = HEAD.exec(block) ?? [];
    if (head === undefined || name === undefined) continue;
    const family = families.get(name) ?? { head, samples: [] };
    families.set(name, family);
    family.samples.push(block.slice(head.length).trimEnd());
  }
  const told = [...families.values()].map(({ head, samples }) => {
    const lines = samples.filter((one) => one !== "").join("\n");
    return lines === "" ? head : `${head}${lines}\n`;
  });
  return told.join("\n");
}
