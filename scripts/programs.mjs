/**
 * Runs other programs: quietly, keeping what they said for the case that they fail, or in front of the user.
 */
import { spawn } from 'node:child_process';
import { constants } from 'node:os';

/** Something the user can mend. Its message is all that is printed. */
export class Failure extends Error {}

/** Characters of a quiet program's output that are kept. */
const keptOutput = 8_000;

/** Children that end with us. */
const children = new Set();

/** @param {NodeJS.Signals} signal */
export function signalChildren(signal) {
  for (const child of children) child.kill(signal);
}

/** The exit code that shells report for a signal. */
export function codeOfSignal(signal) {
  return 128 + (constants.signals[signal] ?? 15);
}

/** One line about what is going on. */
export function announce(line) {
  process.stderr.write(`${line}\n`);
}

/**
 * Runs a program to its end without showing it. Resolves also where it fails or does not exist (code 127).
 *
 * @param {string} program
 * @param {readonly string[]} args
 * @param {{ env?: NodeJS.ProcessEnv, cwd?: string, timeoutMs?: number, shell?: boolean }} [options]
 * @returns {Promise<{ code: number, output: string }>}
 */
export function runQuietly(program, args, { env, cwd, timeoutMs, shell = false } = {}) {
  return new Promise((resolve) => {
    const child = spawn(program, args, { env, cwd, shell, timeout: timeoutMs, stdio: ['ignore', 'pipe', 'pipe'] });
    children.add(child);
    let output = '';
    const keep = (chunk) => {
      output = (output + chunk).slice(-keptOutput);
    };
    child.stdout.setEncoding('utf8').on('data', keep);
    child.stderr.setEncoding('utf8').on('data', keep);
    child.on('error', (error) => {
      children.delete(child);
      resolve({ code: 127, output: error.message });
    });
    child.on('close', (code, signal) => {
      children.delete(child);
      resolve({ code: signal === null ? (code ?? 1) : codeOfSignal(signal), output: output.trim() });
    });
  });
}

/**
 * Runs a program in front of the user and resolves with its exit code.
 *
 * @param {string} program
 * @param {readonly string[]} args
 * @param {{ env?: NodeJS.ProcessEnv, cwd?: string }} [options]
 * @returns {Promise<number>}
 */
export function runVisibly(program, args, { env, cwd } = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { env, cwd, stdio: 'inherit' });
    children.add(child);
    child.on('error', (error) => {
      children.delete(child);
      reject(new Failure(`${program} could not be started: ${error.message}`));
    });
    child.on('close', (code, signal) => {
      children.delete(child);
      resolve(signal === null ? (code ?? 1) : codeOfSignal(signal));
    });
  });
}

/** The last lines of what a program said, indented. */
export function lastLines(output, count = 12) {
  return output
    .split('\n')
    .slice(-count)
    .map((line) => `  ${line}`)
    .join('\n');
}
