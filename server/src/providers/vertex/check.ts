import type { ProviderCheck } from '../../contract/index.ts';
import { checkOf, unusable } from '../check.ts';
import type { Bucket } from './bucket.ts';

/** Looks for Google's token and into the bucket; the model itself is asked nothing. */
export async function check(bucket: Bucket, storageUri: string): Promise<ProviderCheck> {
  const look = await bucket.look();
  if (look.kind === 'no-token') {
    return unusable(
      'no Google credentials were found, or Google gave no token for them',
      "Set GOOGLE_APPLICATION_CREDENTIALS to a service account's key file, or run gcloud auth application-default login.",
    );
  }
  if (look.answer?.status === 404) return unusable(`there is no bucket ${storageUri}`, 'Correct VERTEX_STORAGE_URI.');
  return checkOf(look.answer, {
    origin: bucket.origin,
    addressVariable: 'GCS_BASE_URL',
    usable: `credentials found, ${storageUri} can be read`,
    refused: unusable(
      `the credentials may not read ${storageUri}`,
      'Give their account the role Storage Object User on the bucket.',
    ),
  });
}
