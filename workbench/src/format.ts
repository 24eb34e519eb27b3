import type { Operation, Pricing } from './api.ts';

const money = new Intl.NumberFormat('en-US', {
  style: 'currency',
  currency: 'USD',
  minimumFractionDigits: 2,
  maximumFractionDigits: 3,
});

export function usd(amount: number): string {
  return money.format(amount);
}

/** `$0.05–0.07 / s`: the cheapest and the dearest second. */
export function pricePerSecond({
  per_output_second: plain,
  per_output_second_with_audio: sound = {},
}: Pricing): string {
  const prices = [...Object.values(plain), ...Object.values(sound)];
  const [low, high] = [Math.min(...prices), Math.max(...prices)];
  if (high === 0) return 'free';
  return low === high ? `${usd(low)} / s` : `${usd(low)}–${usd(high).slice(1)} / s`;
}

/** `4 s`, `1 min 05 s`, `2 h 03 min`. */
export function length(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  const two = (value: number) => String(value).padStart(2, '0');
  if (whole < 60) return `${whole} s`;
  if (whole < 3_600) return `${Math.floor(whole / 60)} min ${two(whole % 60)} s`;
  return `${Math.floor(whole / 3_600)} h ${two(Math.floor((whole % 3_600) / 60))} min`;
}

/** Length of a clip, with a tenth where it matters. */
export function clipLength(seconds: number): string {
  return `${Number(seconds.toFixed(1))} s`;
}

export function bytes(size: number): string {
  if (size < 1_000_000) return `${Math.max(1, Math.round(size / 1_000))} KB`;
  return `${(size / 1_000_000).toFixed(size < 10_000_000 ? 1 : 0)} MB`;
}

const clock = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit' });
const day = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short' });

/** `14:03` today, `21 Nov, 14:03` before. */
export function moment(unixSeconds: number, now = new Date()): string {
  const then = new Date(unixSeconds * 1_000);
  return then.toDateString() === now.toDateString() ? clock.format(then) : `${day.format(then)}, ${clock.format(then)}`;
}

export const operationNames: Readonly<Record<Operation, string>> = {
  'text-to-video': 'Text to video',
  'image-to-video': 'Image to video',
  'reference-to-video': 'Reference to video',
  edit: 'Edit',
  extend: 'Extend',
};

export const operations = Object.keys(operationNames) as readonly Operation[];

/** The name of the provider that only stands in for a model, so that apps can be built for nothing. */
export const standIn = 'local';

/** `aspect_ratio` as `Aspect ratio`. */
export function words(name: string): string {
  const spaced = name.replaceAll('_', ' ');
  return spaced.charAt(0).toUpperCase() + spaced.slice(1);
}

/** A server's message as a sentence: without the field that it is told at, from capital to full stop. */
export function sentence(message: string): string {
  const text = message.replace(/^[a-z_]+(\[\d+\])?: /, '');
  const capital = text.charAt(0).toUpperCase() + text.slice(1);
  return /[.!?]$/.test(capital) ? capital : `${capital}.`;
}
