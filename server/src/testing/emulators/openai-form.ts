import type { EmulatorAnswer } from './emulator.ts';

/** What a submission to the Videos API may hold, as vLLM-Omni checks it: its form's types, then its model. */

export type VideoForm = Readonly<Record<string, string | File>>;

interface Range {
  readonly minimum: number;
  readonly maximum: number;
}

const positive: Range = { minimum: 1, maximum: Number.MAX_SAFE_INTEGER };

const integers: Readonly<Record<string, Range>> = {
  width: positive,
  height: positive,
  num_frames: positive,
  num_inference_steps: { minimum: 1, maximum: 200 },
  seed: { minimum: Number.MIN_SAFE_INTEGER, maximum: Number.MAX_SAFE_INTEGER },
};

const numbers: Readonly<Record<string, Range>> = {
  fps: positive,
  guidance_scale: { minimum: 0, maximum: 20 },
};

const patterns: Readonly<Record<string, RegExp>> = { seconds: /^[1-9]\d*$/, size: /^\d+x\d+$/ };

/** Undefined where a job is made of it. Fields that it does not know are passed over. */
export function formFault(form: VideoForm, models: readonly string[]): EmulatorAnswer | undefined {
  if (typeof form['prompt'] !== 'string' || form['prompt'] === '') return refusal(422, 'prompt: required');
  const wrong = Object.entries(form).find(([name, value]) => !fits(name, value));
  if (wrong !== undefined) return refusal(422, `${wrong[0]}: not valid`);
  const model = String(form['model'] ?? models[0]);
  if (!models.includes(model)) {
    return refusal(400, `Model mismatch: request specifies '${model}' but server is running '${models[0]}'.`);
  }
  return pictureFault(model, form['input_reference'] !== undefined);
}

function fits(name: string, value: string | File): boolean {
  if (name === 'input_reference') return value instanceof File && value.type.startsWith('image/');
  if (typeof value !== 'string') return false;
  const range = integers[name] ?? numbers[name];
  if (range === undefined) return patterns[name]?.test(value) ?? true;
  const number = value.trim() === '' ? Number.NaN : Number(value);
  const isWhole = integers[name] === undefined || Number.isSafeInteger(number);
  return isWhole && number >= range.minimum && number <= range.maximum;
}

/** By the names of the Wan models: T2V takes no picture, I2V needs one, TI2V and all others may have one. */
function pictureFault(model: string, hasPicture: boolean): EmulatorAnswer | undefined {
  if (hasPicture && /\bT2V\b/.test(model)) return refusal(400, 'This model takes no input reference.');
  if (!hasPicture && /\bI2V\b/.test(model)) return refusal(400, 'This model needs an input reference.');
  return undefined;
}

function refusal(status: number, detail: string): EmulatorAnswer {
  return { status, json: { detail } };
}
