import { styleText } from 'node:util';

/** Data goes to standard output, everything said about it to standard error, so that pipes get only data. */

export function print(text: string): void {
  process.stdout.write(`${text}\n`);
}

export function printJson(value: unknown): void {
  print(JSON.stringify(value, null, 2));
}

/** A remark for people. */
export function say(text: string): void {
  process.stderr.write(`${text}\n`);
}

type Style = 'bold' | 'dim' | 'green' | 'red' | 'yellow';

/** Colour only where the stream is a terminal that wants it (NO_COLOR is obeyed). */
export function styled(style: Style, text: string, stream: NodeJS.WriteStream = process.stdout): string {
  return styleText(style, text, { stream });
}

/** Chinese letters and pictures take two columns of a terminal. */
const wideLetter = /[\p{Script=Han}\p{Emoji_Presentation}\u3000-\u303f\uff01-\uff60]/gu;

function columnsOf(text: string): number {
  return [...text].length + (text.match(wideLetter)?.length ?? 0);
}

/** Columns as wide as their widest cell. Empty for no rows. */
export function table(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => columnsOf(row[column] ?? ''))));
  return rows
    .map((row) =>
      row
        .map((cell, column) => cell + ' '.repeat(Math.max(0, (widths[column] ?? 0) - columnsOf(cell))))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

/** `8 s`, `2 min 5 s`. */
export function duration(ms: number): string {
  const seconds = Math.round(ms / 1_000);
  return seconds < 60 ? `${seconds} s` : `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
}

/** `4 KB`, `1.2 MB`. */
export function fileSize(bytes: number): string {
  if (bytes < 1e6) return `${Math.max(1, Math.round(bytes / 1e3))} KB`;
  if (bytes < 1e9) return `${(bytes / 1e6).toFixed(1)} MB`;
  return `${(bytes / 1e9).toFixed(1)} GB`;
}

/** `2026-11-21 09:26`, in local time. */
export function dateTime(ms: number): string {
  const date = new Date(ms);
  const two = (value: number) => String(value).padStart(2, '0');
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())} ${two(date.getHours())}:${two(date.getMinutes())}`;
}
