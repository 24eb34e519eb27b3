/** What a disk has against us, in the operator's words, with what to do; the folder is named where it matters. */
type Explain = (folder: string) => string;

const full: Explain = () => 'the disk is full: free some space, or lower REELAY_RETENTION_DAYS';
const forbidden: Explain = (folder) =>
  `${folder} belongs to another user: chown -R USER ${folder}, with the user that runs Reelay`;

const explanations: Readonly<Record<string, Explain>> = {
  ENOSPC: full,
  EDQUOT: () => "the disk quota of Reelay's user is used up: raise it, or lower REELAY_RETENTION_DAYS",
  EACCES: forbidden,
  EPERM: forbidden,
  EROFS: (folder) => `the disk of ${folder} is mounted read-only: look at dmesg, then mount it writable`,
  ENOENT: (folder) => `${folder} is gone: mount its disk again, or restore it from a backup, then start Reelay anew`,
  ENOTDIR: (folder) => `${folder} is not a folder: choose another with REELAY_DATA_DIR`,
  EIO: (folder) => `the disk of ${folder} fails: look at dmesg`,
  EMFILE: () => 'no more files may be open: raise the limit (ulimit -n, LimitNOFILE=)',
};

/** One line that names the fault and how to mend it. */
export function explainDiskFault(error: unknown, folder: string): string {
  const { code, message } = error as { readonly code?: unknown; readonly message?: unknown };
  return (typeof code === 'string' ? explanations[code]?.(folder) : undefined) ?? String(message ?? error);
}
