// Decides from the tag, the version and the changelog whether a version may be released. Reads nothing itself.

export type Release = {
  /** Such as `v0.2.0`. */
  readonly tag: string;
  /** From package.json, such as `0.2.0`. */
  readonly version: string;
  readonly changelog: string;
};

/** Lists the faults, a sentence each. @returns an empty list if the release may proceed. */
export function releaseFaults({ tag, version, changelog }: Release): readonly string[] {
  const sections = sectionsOf(changelog);
  const pending = sections.find(({ heading }) => heading === 'Pending');
  const newest = sections.find(({ heading }) => heading !== 'Pending');
  const [, heading, date] = /^(\S+) – (\d{4}-\d\d-\d\d)$/.exec(newest?.heading ?? '') ?? [];
  return [
    ...(tag === `v${version}` ? [] : [`The tag is ${tag}, but package.json says ${version}.`]),
    ...(pending === undefined || pending.text === ''
      ? []
      : ['CHANGELOG.md still has entries under "Pending": move them under the new version.']),
    ...(heading === version
      ? []
      : [`CHANGELOG.md has no section "## ${version} – YYYY-MM-DD" on top.`]),
    ...(heading === version && date !== undefined && newest?.text === ''
      ? [`CHANGELOG.md says nothing about ${version}.`]
      : []),
  ];
}

function sectionsOf(changelog: string): readonly { heading: string; text: string }[] {
  return changelog
    .split(/^## /m)
    .slice(1)
    .map((section) => {
      const [heading, ...lines] = section.split('\n');
      return { heading: heading!.trim(), text: lines.join('\n').trim() };
    });
}
