import { type Model, type Price, usesOf } from '../contract/index.ts';
import type { Face, FaceParameter } from './face.ts';
import { ruleSentence } from './rules.ts';

/** The page of a model in one API's names. */
export function modelMarkdown(face: Face): string {
  const { model } = face;
  return [
    `# ${face.displayName}`,
    `> ${model.summary}`,
    `**Model ID:** \`${face.id}\` · **Operation:** ${usesOf(model).join(', ')} · **Developer:** ${model.developer.name}`,
    face.description,
    ...parameterSections(face, '##'),
    ...mediaSection(model),
    ...priceSection(model),
    '## Sample request',
    `\`\`\`json\n${JSON.stringify({ model: face.id, ...face.sample }, null, 2)}\n\`\`\``,
    '',
  ].join('\n\n');
}

/** Tables of the parameters in the face's names, under headings of this depth. */
export function parameterSections(face: Face, heading: '##' | '###'): readonly string[] {
  const required = face.parameters.filter((parameter) => parameter.required);
  const optional = face.parameters.filter((parameter) => !parameter.required);
  return [
    `${heading} Required parameters`,
    table(required),
    ...(optional.length > 0 ? [`${heading} Optional parameters`, table(optional)] : []),
    ...ruleSection(face, heading),
  ];
}

function table(parameters: readonly FaceParameter[]): string {
  const rows = parameters.map((parameter) => {
    const type = parameter.type === 'url-list' ? 'array<string>' : parameter.type === 'url' ? 'string' : parameter.type;
    const fallback = parameter.default === undefined ? '—' : `\`${JSON.stringify(parameter.default)}\``;
    return `| \`${parameter.name}\` | \`${type}\` | ${fallback} | ${[parameter.description, ...limits(parameter)].join(' ')} |`;
  });
  return ['| Field | Type | Default | Description |', '| --- | --- | --- | --- |', ...rows].join('\n');
}

function limits(parameter: FaceParameter): readonly string[] {
  const lines: string[] = [];
  if (parameter.enum) lines.push(`One of: ${parameter.enum.join(', ')}.`);
  else if (parameter.minimum !== undefined && parameter.maximum !== undefined) {
    lines.push(`Range: ${parameter.minimum} to ${parameter.maximum}.`);
  }
  if (parameter.step !== undefined) lines.push(`${parameter.minimum ?? 0} plus a multiple of ${parameter.step}.`);
  if (parameter.type === 'string' && parameter.maximumLength !== undefined)
    lines.push(`At most ${parameter.maximumLength} characters.`);
  if (parameter.type === 'url') lines.push('Format: uri.');
  return lines;
}

function ruleSection({ rules }: Face, heading: string): readonly string[] {
  const lines = rules.map((rule) => `- ${ruleSentence(rule, ({ name }) => `\`${name}\``)}`);
  return lines.length === 0 ? [] : [`${heading} What goes together`, lines.join('\n')];
}

/** What is refused and what is changed about the inputs; nothing where there is no rule. */
export function mediaSection({ mediaRules }: Model): readonly string[] {
  const lines = Object.entries(mediaRules).flatMap(([role, rules]) => [
    ...(rules.require?.containers ? [`- ${role}: ${rules.require.containers.join(', ')}`] : []),
    ...(rules.require?.videoCodecs ? [`- ${role}: codecs ${rules.require.videoCodecs.join(', ')}`] : []),
    ...(rules.require?.durationSeconds
      ? [
          `- ${role}: ${rules.require.durationSeconds.minimum} to ${rules.require.durationSeconds.maximum} s, else refused`,
        ]
      : []),
    ...(rules.require?.aspectRatios ? [`- ${role}: ${rules.require.aspectRatios.join(' or ')}, else refused`] : []),
    ...(rules.normalise?.fitWithin
      ? [
          `- ${role}: scaled down to ${rules.normalise.fitWithin.longSide}x${rules.normalise.fitWithin.shortSide}, turned for portrait`,
        ]
      : []),
    ...(rules.normalise?.shortSide
      ? [
          `- ${role}: scaled to a short side of ${rules.normalise.shortSide.minimum} to ${rules.normalise.shortSide.maximum} pixels`,
        ]
      : []),
    ...(rules.normalise?.maximumSeconds ? [`- ${role}: cut to its first ${rules.normalise.maximumSeconds} s`] : []),
  ]);
  return lines.length === 0 ? [] : ['## Inputs', lines.join('\n')];
}

export function priceSection({ price }: Model): readonly string[] {
  const note = `Estimates in US dollars from ${price.source}; the local provider costs nothing.`;
  return ['## Price', `${priceLines(price)}\n\n${note}`];
}

function priceLines(price: Price): string {
  const dollars = (micros: number) => `$${(micros / 1_000_000).toFixed(3)}`;
  const rows = Object.entries(price.perOutputSecond).map(
    ([resolution, micros]) => `- ${resolution}: ${dollars(micros)} per second of output`,
  );
  const audio = Object.entries(price.perOutputSecondWithAudio ?? {}).map(
    ([resolution, micros]) => `- ${resolution} with sound: ${dollars(micros)} per second of output`,
  );
  const pictures = price.perInputImage === undefined ? [] : [`- each input picture: ${dollars(price.perInputImage)}`];
  return [...rows, ...audio, ...pictures].join('\n');
}
