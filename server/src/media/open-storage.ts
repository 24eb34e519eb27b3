import { join } from 'node:path';
import type { S3Settings } from './s3-settings.ts';
import type { MediaStorage } from './storage.ts';
import { createFileStorage } from './storage-fs.ts';
import { createS3Storage } from './storage-s3.ts';

/** Where the files of an installation are: in its bucket, or in its data folder. */
export function openStorage({
  s3,
  dataFolder,
}: {
  readonly s3?: S3Settings | undefined;
  readonly dataFolder: string;
}): Promise<MediaStorage> | MediaStorage {
  if (s3 !== undefined) return createS3Storage({ settings: s3, localFolder: dataFolder });
  return createFileStorage(join(dataFolder, 'files'));
}
