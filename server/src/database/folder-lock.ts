import { join } from 'node:path';
import SqliteDatabase from 'better-sqlite3';

/**
 * One server per data folder. The lock is the operating system's (an exclusive transaction on a file of its own), so it
 * goes away with the process, however that ends; a file with a process id in it would not.
 */
export function lockFolder(folder: string): { release(): void } {
  const file = new SqliteDatabase(join(folder, 'server.lock'), { timeout: 0 });
  try {
    file.exec('begin exclusive');
  } catch (cause) {
    file.close();
    throw new Error(`another Reelay server is running on the data folder ${folder}; stop it or set REELAY_DATA_DIR`, {
      cause,
    });
  }
  return { release: () => file.close() };
}
