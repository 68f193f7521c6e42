// Applies how long the workspace keeps what: compares it, then writes it as a whole.

import { showDuration } from '../base/text-files/duration.ts';
import { agedKinds, type RetentionAges } from '../core/model/retention.ts';
import { readAges, writeAges } from '../store/removal/retention.ts';
import type { Applying } from './apply-people.ts';
import type { Values } from './change-plan.ts';

/** Applies the ages, if the file has some. */
export async function applyRetention({
  connection,
  workspaceId,
  loaded,
  changePlan,
}: Applying): Promise<void> {
  const { workspace, retention } = loaded.file;
  if (retention === undefined) return;
  const before = await readAges(connection, workspaceId);
  if (!changePlan.compare('workspace', workspace, shown(before), shown(retention))) return;
  await writeAges(connection, workspaceId, retention);
}

const shown = (ages: RetentionAges): Values =>
  Object.fromEntries(
    agedKinds.map((kind) => {
      const ms = ages[kind];
      return [`retention.${kind}`, ms === undefined ? 'for ever' : showDuration(ms)];
    }),
  );
