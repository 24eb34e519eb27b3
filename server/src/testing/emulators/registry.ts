import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { falFaults, startFalEmulator } from './fal.ts';
import { openaiFaults, startOpenaiEmulator } from './openai.ts';
import type { Fault, RunOptions } from './script.ts';
import { startVertexEmulator, vertexFaults } from './vertex.ts';
import { startXaiEmulator, xaiFaults } from './xai.ts';

/** An emulator that runs by itself, beside a server that is led to it by its environment. */
export interface RunningEmulator {
  readonly origin: string;
  /** Variables that make a server use it and nothing else. */
  readonly environment: Readonly<Record<string, string>>;
  close(): Promise<void>;
}

export interface StartOptions extends RunOptions {
  /** The finished file of every job. */
  readonly video: Buffer;
  /** A folder for files that the server is to read. */
  readonly folder: string;
  /** Where webhooks really go, whatever address a submission names. */
  readonly webhookOrigin: string | undefined;
}

export interface EmulatedVendor {
  readonly faults: readonly Fault[];
  readonly start: (options: StartOptions) => Promise<RunningEmulator>;
}

const namesOf = (faults: Partial<Readonly<Record<Fault, unknown>>>) => Object.keys(faults) as readonly Fault[];

async function xai(options: StartOptions): Promise<RunningEmulator> {
  const key = 'xai-emulated-key';
  const { origin, baseUrl, close } = await startXaiEmulator({ ...options, key });
  return { origin, close, environment: { REELAY_PROVIDERS: 'xai', XAI_API_KEY: key, XAI_BASE_URL: baseUrl } };
}

async function fal(options: StartOptions): Promise<RunningEmulator> {
  const key = 'fal-emulated:key';
  const emulator = await startFalEmulator({ ...options, key });
  emulator.webhookOrigin = options.webhookOrigin;
  const { queueUrl, apiUrl, jwksUrl, close } = emulator;
  return {
    origin: queueUrl,
    close,
    environment: {
      REELAY_PROVIDERS: 'fal',
      FAL_KEY: key,
      FAL_QUEUE_URL: queueUrl,
      FAL_API_URL: apiUrl,
      FAL_JWKS_URL: jwksUrl,
      // Webhooks are asked for only by a server that can be reached from outside.
      ...(options.webhookOrigin !== undefined && { REELAY_PUBLIC_URL: 'https://reelay.example' }),
    },
  };
}

async function vertex(options: StartOptions): Promise<RunningEmulator> {
  const emulator = await startVertexEmulator({ ...options, token: 'ya29.emulated-token' });
  const { origin, close, project, location, storageUri } = emulator;
  const file = join(options.folder, 'service-account.json');
  await writeFile(file, JSON.stringify(emulator.serviceAccount(), null, 2), { mode: 0o600 });
  return {
    origin,
    close,
    environment: {
      REELAY_PROVIDERS: 'vertex',
      GOOGLE_CLOUD_PROJECT: project,
      GOOGLE_CLOUD_LOCATION: location,
      GOOGLE_APPLICATION_CREDENTIALS: file,
      VERTEX_STORAGE_URI: storageUri,
      VERTEX_BASE_URL: origin,
      GCS_BASE_URL: origin,
    },
  };
}

async function openai(options: StartOptions): Promise<RunningEmulator> {
  const key = 'emulated-key';
  const { origin, close } = await startOpenaiEmulator({ ...options, key });
  return {
    origin,
    close,
    environment: {
      REELAY_PROVIDERS: 'openai-compatible',
      OPENAI_COMPATIBLE_URL: origin,
      OPENAI_COMPATIBLE_KEY: key,
    },
  };
}

/** By the names that people give them. */
export const emulatedVendors: Readonly<Record<string, EmulatedVendor>> = {
  xai: { faults: namesOf(xaiFaults), start: xai },
  fal: { faults: namesOf(falFaults), start: fal },
  vertex: { faults: namesOf(vertexFaults), start: vertex },
  openai: { faults: namesOf(openaiFaults), start: openai },
};
