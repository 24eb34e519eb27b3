/**
 * What the tasks may see of the environment. Pure functions, so that tests hold them to it.
 */
import { delimiter } from 'node:path';

/** Names and beginnings of names that lead to a vendor, to somebody's money or to a running installation. */
const withheldNames = new Set(['DATABASE_URL', 'FAL_KEY', 'XAI_API_KEY']);
const withheldPrefixes = [
  'XAI_',
  'FAL_',
  'GOOGLE_',
  'GCLOUD_',
  'GCS_',
  'GEMINI_',
  'VERTEX_',
  'OPENAI_COMPATIBLE_',
  'REELAY_',
];

/**
 * The environment without vendor keys and without settings of a real installation: trying Reelay never costs money.
 *
 * @param {NodeJS.ProcessEnv} environment
 * @returns {NodeJS.ProcessEnv}
 */
export function withoutVendorKeys(environment) {
  return Object.fromEntries(
    Object.entries(environment).filter(([name]) => {
      // Windows looks names up whatever their case.
      const upper = name.toUpperCase();
      return !withheldNames.has(upper) && !withheldPrefixes.some((prefix) => upper.startsWith(prefix));
    }),
  );
}

/**
 * The environment in which programs of `folder` go before all others of the same name.
 *
 * @param {NodeJS.ProcessEnv} environment
 * @param {string} folder
 * @returns {NodeJS.ProcessEnv}
 */
export function withProgramsFrom(environment, folder) {
  const name = Object.keys(environment).find((key) => key.toUpperCase() === 'PATH') ?? 'PATH';
  const rest = environment[name];
  return { ...environment, [name]: rest === undefined || rest === '' ? folder : `${folder}${delimiter}${rest}` };
}
