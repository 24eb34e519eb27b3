import { useCallback, useState } from 'react';
import { ApiError } from '../api.ts';
import { bytes, sentence } from '../format.ts';
import { useApi } from '../session.tsx';
import { measure, rememberMedia } from './media-facts.ts';
import { type Accepted, checkFile } from './media-file.ts';

/** A file on its way to the server, or one that did not get there. */
export interface Upload {
  readonly id: string;
  /** Name of the parameter. */
  readonly field: string;
  readonly name: string;
  readonly progress: number;
  readonly fault?: string;
  readonly stop: () => void;
}

export interface Uploads {
  readonly all: readonly Upload[];
  readonly start: (field: string, accepted: Accepted, file: File) => Promise<void>;
  readonly forget: (field: string) => void;
}

/** Sends files; `onStored` gets the link that goes into the form. */
export function useUploads(onStored: (field: string, url: string) => void): Uploads {
  const api = useApi();
  const [all, setAll] = useState<readonly Upload[]>([]);
  const change = useCallback(
    (id: string, patch: Partial<Upload>) =>
      setAll((before) => before.map((upload) => (upload.id === id ? { ...upload, ...patch } : upload))),
    [],
  );
  const forget = useCallback((field: string) => setAll((before) => before.filter((one) => one.field !== field)), []);
  const start = useCallback(
    async (field: string, accepted: Accepted, file: File) => {
      const id = crypto.randomUUID();
      const controller = new AbortController();
      const upload: Upload = { id, field, name: file.name, progress: 0, stop: () => controller.abort() };
      setAll((before) => [...before.filter((one) => one.field !== field || one.fault === undefined), upload]);
      const form = await checkFile(file, accepted);
      if ('fault' in form) return change(id, form);
      try {
        const stored = await api.upload(file, (progress) => change(id, { progress }), controller.signal);
        const src = URL.createObjectURL(file);
        rememberMedia(stored.url, {
          src,
          name: file.name,
          size: file.size,
          container: form.container,
          ...(await measure(src, accepted.kind)),
        });
        setAll((before) => before.filter((one) => one.id !== id));
        onStored(field, stored.url);
      } catch (error) {
        if (controller.signal.aborted) setAll((before) => before.filter((one) => one.id !== id));
        else change(id, { fault: reasonOf(error, file) });
      }
    },
    [api, change, onStored],
  );
  return { all, start, forget };
}

function reasonOf(error: unknown, file: File): string {
  if (!(error instanceof ApiError)) return `${file.name} could not be sent.`;
  const size = error.code === 'file_too_large' ? ` (${bytes(file.size)})` : '';
  return `${file.name}${size}: ${sentence(error.message)}`;
}
