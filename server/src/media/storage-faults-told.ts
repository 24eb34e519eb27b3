import type { StorageFault } from '../contract/index.ts';
import { ReelayError } from '../errors.ts';
import type { MediaStorage } from './storage.ts';

/** The storage, telling of every file that it did not take, give or remove. */
export function withFaultsTold(storage: MediaStorage, onFault: (fault: StorageFault) => void): MediaStorage {
  const { put, open, openFile, stat, materialise, remove } = storage;
  const told =
    <Params extends readonly unknown[], Result>(method: (...params: Params) => Promise<Result>) =>
    (...params: Params): Promise<Result> =>
      method(...params).catch((error: unknown) => {
        const fault = faultOf(error);
        if (fault !== undefined) onFault(fault);
        throw error;
      });
  return {
    ...storage,
    put: told(put),
    open: told(open),
    ...(openFile && { openFile: told(openFile) }),
    stat: told(stat),
    materialise: told(materialise),
    remove: told(remove),
  };
}

/** Undefined for what is no fault of the storage, such as an upload that its client broke off. */
function faultOf(error: unknown): StorageFault | undefined {
  if (error instanceof ReelayError) {
    if (error.code === 'storage_full') return 'full';
    return error.code === 'storage_unavailable' ? 'unavailable' : undefined;
  }
  return error instanceof Error && 'syscall' in error && 'path' in error ? 'other' : undefined;
}
