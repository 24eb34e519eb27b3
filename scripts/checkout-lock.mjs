/**
 * One set-up at a time in one checkout. The lock is a folder that holds the owner's process id; a lock whose owner is
 * gone is taken over. Programs that only run what is set up do not need it.
 */
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { announce, Failure } from './programs.mjs';

const lookIntervalMs = 200;

/** How long another set-up is waited for: the slowest download that is still one. */
const waitLimitMs = 20 * 60_000;

/** A lock without an owner is one whose owner is about to write its id, or died before it could. */
const ownerlessLimitMs = 5_000;

/**
 * @template Result
 * @param {string} folder The lock's own path.
 * @param {() => Promise<Result>} work
 * @returns {Promise<Result>}
 */
export async function withCheckoutLock(folder, work) {
  await take(folder);
  const release = () => rmSync(folder, { recursive: true, force: true });
  process.once('exit', release);
  try {
    return await work();
  } finally {
    process.removeListener('exit', release);
    release();
  }
}

async function take(folder) {
  const startedAt = Date.now();
  let ownerlessSince;
  let told = false;
  while (!create(folder)) {
    const owner = ownerOf(folder);
    ownerlessSince = owner === undefined ? (ownerlessSince ?? Date.now()) : undefined;
    const stale =
      owner === undefined ? Date.now() - ownerlessSince > ownerlessLimitMs : owner === process.pid || !isAlive(owner);
    if (stale) {
      takeAway(folder, owner);
      continue;
    }
    if (Date.now() - startedAt > waitLimitMs) {
      throw new Failure(
        `Process ${owner} has been setting up this checkout for too long. End it, or remove ${folder}.`,
      );
    }
    if (!told) announce(`Waiting for another set-up of this checkout (process ${owner ?? '?'}) …`);
    told = true;
    await pause(lookIntervalMs);
  }
}

function create(folder) {
  try {
    mkdirSync(folder);
  } catch (error) {
    if (error.code === 'EEXIST') return false;
    throw new Failure(`This checkout cannot be written to: ${error.message}`);
  }
  writeFileSync(join(folder, 'pid'), String(process.pid));
  return true;
}

function ownerOf(folder) {
  try {
    const pid = Number(readFileSync(join(folder, 'pid'), 'utf8'));
    return Number.isInteger(pid) && pid > 0 ? pid : undefined;
  } catch {
    return undefined;
  }
}

function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}

/** Renamed before it is removed: of two that found it stale only one takes it, and a lock taken anew in between goes back. */
function takeAway(folder, staleOwner) {
  const aside = `${folder}.${process.pid}`;
  try {
    renameSync(folder, aside);
    if (ownerOf(aside) !== staleOwner) renameSync(aside, folder);
    else rmSync(aside, { recursive: true, force: true });
  } catch {
    // Somebody else took it away.
  }
}
