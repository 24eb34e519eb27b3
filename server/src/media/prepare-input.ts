import { join } from 'node:path';
import type { Asset, InputRules, MediaInput, MediaKind, MediaProbe } from '../contract/index.ts';
import { ReelayError } from '../errors.ts';
import { ingest, keepFile, nameError, receiveFile } from './ingest.ts';
import { inJobFolder } from './job-folder.ts';
import type { LibraryContext } from './library-options.ts';
import { normaliseVideo } from './normalise.ts';
import { checkKind, checkRules, type Normalisation, normalisation } from './rules.ts';

/** Turns an input as a client named it into a stored file that the model takes, before anything is paid. */

export interface PrepareInputOptions {
  readonly accountId: string;
  readonly input: MediaInput;
  readonly kind: MediaKind;
  readonly rules?: InputRules;
  /** When the task named it, in milliseconds since the epoch; default: now. */
  readonly namedAt?: number;
  readonly signal?: AbortSignal;
}

/** The file behind one of our own links, read from storage and never over the network; undefined for any other URL. */
async function findOwn(
  { links, assets, now }: LibraryContext,
  { accountId, input, namedAt = now() }: PrepareInputOptions,
): Promise<Asset | undefined> {
  const link = links.recognise(input.url);
  if (link === undefined) return undefined;
  const asset = await assets.get(link.assetId);
  // One that has expired since is there as long as no sweep has passed, and none takes what a live task needs.
  if (asset === undefined || asset.expiresAt <= namedAt) {
    throw new ReelayError('input_unreachable', 'leads to a file that has expired or was deleted');
  }
  // A task may wait longer than a link lives: an account needs none to its own files.
  if (link.expired && asset.accountId !== accountId) {
    throw new ReelayError('input_unreachable', 'is a link that has expired; ask for a fresh one');
  }
  await assets.keep({ accountId, ids: [asset.id], at: now() });
  return asset;
}

function check(probe: MediaProbe, { input, kind, rules }: PrepareInputOptions): Normalisation | undefined {
  checkKind(probe, kind, input.field);
  if (rules === undefined) return undefined;
  checkRules(probe, rules, input.field);
  return normalisation(probe, rules);
}

interface Convertible {
  readonly path: string;
  readonly probe: MediaProbe;
  readonly name: string | undefined;
}

async function convert(
  context: LibraryContext,
  { path, probe, name }: Convertible,
  change: Normalisation,
  jobFolder: string,
  { accountId, input, signal }: PrepareInputOptions,
): Promise<Asset> {
  const outputPath = join(jobFolder, 'converted');
  const { tools, conversions, limits } = context;
  const cancellation = signal && { signal };
  await conversions.run(
    () => normaliseVideo({ inputPath: path, probe, normalisation: change, outputPath, tools, ...cancellation }),
    signal,
  );
  return ingest(context, {
    accountId,
    purpose: 'input',
    source: { path: outputPath },
    maxBytes: Number.MAX_SAFE_INTEGER,
    lifetimeMs: limits.inputLifetimeMs,
    field: input.field,
    ...(name !== undefined && { filename: name }),
    ...cancellation,
  });
}

async function prepareOwn(context: LibraryContext, asset: Asset, options: PrepareInputOptions): Promise<Asset> {
  const change = check(asset.probe, options);
  if (change === undefined) return asset;
  return inJobFolder(context.folder, async (jobFolder) => {
    const path = await context.storage.materialise(asset.storageKey, jobFolder);
    if (path === undefined) throw new ReelayError('input_unreachable', 'leads to a file that is gone');
    return convert(context, { path, probe: asset.probe, name: asset.filename }, change, jobFolder, options);
  });
}

async function prepareForeign(context: LibraryContext, options: PrepareInputOptions): Promise<Asset> {
  const { accountId, input, signal } = options;
  const { maxInputBytes, inputLifetimeMs } = context.limits;
  return inJobFolder(context.folder, async (jobFolder) => {
    const received = await receiveFile(context, jobFolder, {
      source: { url: input.url },
      purpose: 'input',
      maxBytes: maxInputBytes,
      ...(signal && { signal }),
    });
    const change = check(received.probe, options);
    if (change !== undefined) {
      return convert(context, { ...received, name: received.suggestedName }, change, jobFolder, options);
    }
    const facts = { accountId, purpose: 'input', filename: undefined, lifetimeMs: inputLifetimeMs } as const;
    return keepFile(context, received, facts);
  });
}

export async function prepareInput(context: LibraryContext, options: PrepareInputOptions): Promise<Asset> {
  try {
    const own = await findOwn(context, options);
    return own === undefined ? await prepareForeign(context, options) : await prepareOwn(context, own, options);
  } catch (error) {
    throw nameError(error, options.input.field, 'input');
  }
}
