// `npm run schema`: writes src/store/schema/schema.sql from a fresh database with all migrations.

import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openLog } from '../src/base/log.ts';
import { openDatabase } from '../src/database/database.ts';
import { migrate } from '../src/store/schema/migrate.ts';
import { describeSchema } from '../src/store/schema/text.ts';

const folder = mkdtempSync(join(tmpdir(), 'parley-schema-'));
// When run as root, PostgreSQL runs as another user, who needs access to the folder.
chmodSync(folder, 0o711);
try {
  const database = await openDatabase({
    mayCreate: true,
    databaseUrl: undefined,
    dataDir: join(folder, 'data'),
    purpose: 'command',
    processName: 'npm run schema',
    log: openLog('warn'),
  });
  try {
    const pool = database.openPool('admin', 1);
    await migrate(pool);
    writeFileSync(
      new URL('../src/store/schema/schema.sql', import.meta.url),
      await describeSchema(pool),
    );
  } finally {
    await database.release();
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
console.log('src/store/schema/schema.sql is written.');
