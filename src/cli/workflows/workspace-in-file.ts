// The workspace that a parley.yaml describes, as a fresh database would have it after `parley apply`, for commands
// without a database. Environment variables need not be set, and secrets have no values.

import { existsSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fail, ok, type Result } from '../../base/result.ts';
import type { Admin } from '../../core/model/model.ts';
import { type Environment, fillIn } from '../../provisioning/environment-values.ts';
import { type SetupFinding, showPath } from '../../provisioning/finding.ts';
import { type ReadDocument, readDocument } from '../../provisioning/read-document.ts';
import {
  readSetupFile,
  type SetupFile,
  type WantedChannel,
} from '../../provisioning/read-setup-file.ts';
import { placeOfWorkflow } from '../../provisioning/workflow-place.ts';
import { plainAdmin, type ScriptWorkspace } from '../../simulation/script-setup.ts';
import { defaultName, firstAdminOf } from '../../store/tenancy/first-start.ts';

const usualName = 'parley.yaml';
const WORKSPACE_ID = 1;

export type WorkspaceInFile = {
  readonly file: string;
  readonly workspace: ScriptWorkspace;
  /** The files of the workflows that it lists, in their order. */
  readonly workflowFiles: readonly string[];
  /** The faults of parley.yaml. */
  readonly findings: readonly SetupFinding[];
};

/**
 * Finds the parley.yaml of a workflow file: the one beside it, or one further up that lists it.
 * @returns its path; null if there is none.
 */
export function findSetupOf(workflowFile: string): string | null {
  const beside = join(dirname(workflowFile), usualName);
  if (existsSync(beside)) return beside;
  const wanted = resolve(workflowFile);
  let folder = dirname(workflowFile);
  for (;;) {
    const above = join(folder, '..');
    if (resolve(above) === resolve(folder)) return null;
    folder = above;
    const file = join(folder, usualName);
    if (!existsSync(file)) continue;
    // An unreadable file lists nothing.
    const read = readDocument(file);
    const names = read.ok ? listedIn(read.value) : [];
    if (names.some((name) => resolve(folder, name) === wanted)) return file;
  }
}

function listedIn({ document }: ReadDocument): readonly string[] {
  const { workflows } = Object(document.value) as { readonly workflows?: unknown };
  const list: readonly unknown[] = Array.isArray(workflows) ? workflows : [];
  return list.filter((name) => typeof name === 'string');
}

/** Reads the file. Faults are among the findings; only an unreadable file is a failure. */
export function readWorkspaceInFile(
  path: string,
  environment: Environment,
): Result<WorkspaceInFile, readonly SetupFinding[]> {
  const read = readDocument(path);
  if (!read.ok) return read;
  const { document } = read.value;
  const filled = fillIn(document.value, environment);
  const missing = new Set(filled.faults.map((fault) => showPath(fault.path)));
  const findings: SetupFinding[] = [];
  const report = (at: Parameters<typeof showPath>[0], reason: string, remedy: string) => {
    const place = showPath(at);
    // The value of a variable is unknown here.
    if (missing.has(place)) return;
    const line = document.lineOf(at);
    findings.push({
      file: path,
      line,
      step: null,
      place,
      get reason() {
        return filled.hideAt(at, reason);
      },
      get remedy() {
        return filled.hideAt(at, remedy);
      },
    });
  };
  const file = readSetupFile(filled.value, (fault) =>
    report(fault.path, fault.reason, fault.remedy),
  );
  findings.push(...document.faultsBeside(findings));
  const folder = dirname(path);
  const workflowFiles = (file.workflows ?? []).flatMap(({ file: name, at }) => {
    const place = placeOfWorkflow(folder, name);
    if (!place.ok) report(at, place.error.reason, place.error.remedy);
    return place.ok ? [join(folder, name)] : [];
  });
  if (document.value === null) return fail(findings);
  return ok({ file: path, workspace: workspaceOf(file), workflowFiles, findings });
}

function workspaceOf(file: SetupFile): ScriptWorkspace {
  const isDefault = file.workspace === defaultName;
  const admins: Admin[] = file.admins.map(({ email, name }, index) =>
    plainAdmin(index + 1, name ?? email, email),
  );
  // Every workspace has an admin, and the first workspace has the one it was created with.
  if (isDefault || admins.length === 0) {
    const first = firstAdminOf(file.workspace);
    admins.push(plainAdmin(admins.length + 1, first.name, first.email));
  }
  const hasDefault = file.channels.some(({ name }) => name === defaultName);
  const isAdded = !hasDefault && (isDefault || file.channels.length === 0);
  const channels = [
    ...file.channels.map(asChannel),
    ...(isAdded ? [asChannel({ name: defaultName }, file.channels.length)] : []),
  ];
  return {
    channels,
    admins,
    teams: file.teams.map(({ name }, index) => ({ id: index + 1, name, adminIds: [] })),
    tags: file.tags.map(({ name }, index) => ({ id: index + 1, name })),
    dataAttributes: file.dataAttributes.map(({ model, name, dataType, options, label }) => ({
      model,
      name,
      dataType,
      options: options ?? [],
      label: label ?? null,
    })),
    secrets: (file.secrets ?? []).map(({ name }) => name),
  };
}

/** A channel with the switches of the file, and the defaults for the others. */
function asChannel(
  { name, switches, callback }: Pick<WantedChannel, 'name'> & Partial<WantedChannel>,
  index: number,
): ScriptWorkspace['channels'][number] {
  return {
    workspaceId: WORKSPACE_ID,
    id: index + 1,
    name,
    isEnabled: switches?.isEnabled ?? true,
    autoCreateConversation: switches?.autoCreateConversation ?? false,
    requireUserIdentity: switches?.requireUserIdentity ?? true,
    unknownAttribute: switches?.unknownAttribute ?? 'record',
    strictVersion: switches?.strictVersion ?? false,
    allowedOrigins: switches?.allowedOrigins ?? [],
    hasButtons: switches?.hasButtons ?? true,
    timeZone: switches?.timeZone ?? null,
    eventFormat: callback?.format ?? 'parley',
  };
}
