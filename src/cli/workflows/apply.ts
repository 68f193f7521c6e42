// `parley apply`: applies a parley.yaml to a workspace, or shows what that would change.

import { isSecretTrouble } from '../../base/seal.ts';
import { findingsReport, InvalidSetup } from '../../provisioning/finding.ts';
import { outcomeJson, showOutcome } from '../../provisioning/show-outcome.ts';
import { findSecretKey } from '../../store/secrets/secret-key.ts';
import { type Command, type CommandCall, CommandFailed } from '../kit/command.ts';
import { pathOption } from '../kit/read-options.ts';
import { settingsOrFail } from '../kit/settings.ts';
import { withStore } from '../kit/with-database.ts';

const usualFile = 'parley.yaml';

export const apply: Command = {
  name: 'apply',
  about: 'Apply a parley.yaml to a workspace: people, channels, workflows.',
  details: [
    'All or nothing; applying the same file again changes nothing. What the file does not mention stays as it is,',
    'except workflows: if the file lists any, all others are switched off. Each change of a workflow creates a',
    'version; conversations keep the version they began with. Running servers follow within 2 s. If the files have',
    'errors, exits with 1 and lists them (the first 100), each with file, line and step.',
  ].join('\n'),
  options: {
    file: {
      type: 'string',
      short: 'f',
      placeholder: 'path',
      about: 'The file; parley.yaml in this folder if omitted.',
    },
    'dry-run': { type: 'boolean', about: 'Only show what would change.' },
  },
  examples: [
    'parley apply --dry-run',
    'parley apply -f config/parley.yaml',
    'parley apply -f examples/order-help/parley.yaml --json',
  ],
  remote: 'it reads the database itself',
  run: applyFile,
};

async function applyFile(call: CommandCall): Promise<number> {
  const isDryRun = call.options['dry-run'] === true;
  const config = settingsOrFail();
  try {
    // Loaded only here: the other commands start sooner without what reads YAML.
    const { loadSetup } = await import('../../provisioning/load-setup.ts');
    const { applySetup } = await import('../../provisioning/apply-setup.ts');
    const loaded = loadSetup(pathOption(call, 'file') ?? usualFile, process.env);
    if (!loaded.ok) throw new InvalidSetup(loaded.error);
    const outcome = await withStore('apply', async (pool) => {
      const key = await findSecretKey(pool, config);
      const openSecrets = () => (isDryRun ? key.toTry() : key.toSeal());
      return applySetup(pool, loaded.value, openSecrets, { isDryRun });
    });
    call.print(
      call.isJson ? JSON.stringify(outcomeJson(outcome, isDryRun)) : showOutcome(outcome, isDryRun),
    );
    return 0;
  } catch (error) {
    if (isSecretTrouble(error)) throw new CommandFailed(error.message);
    if (!(error instanceof InvalidSetup)) throw error;
    if (!call.isJson) throw new CommandFailed(error.message);
    call.print(JSON.stringify(findingsReport(error.findings)));
    return 1;
  }
}
