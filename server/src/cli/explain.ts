import { type PromptPlan, planPrompt, type RenderOperation } from '@reelay/renderer';
import { readDirectives, unknownDirectives } from '../providers/local/directives.ts';
import { defineCommand, jsonOption } from './command.ts';
import { usageFailure } from './failure.ts';
import { print, printJson, styled, table } from './output.ts';

const operations = ['text-to-video', 'image-to-video', 'reference-to-video', 'edit', 'extend'] as const;

export const explain = defineCommand({
  name: 'explain',
  summary: 'Show what the local provider makes of a prompt',
  about:
    'Only the local provider follows words by such a plan; the others have models that read. Words of English and Chinese ' +
    'are understood, also side by side. Needs no server.',
  positionals: ['PROMPT'],
  options: {
    operation: {
      type: 'string',
      placeholder: 'NAME',
      description: `What the prompt is for: ${operations.join(', ')} (default text-to-video)`,
    },
    negative: {
      type: 'string',
      placeholder: 'TEXT',
      description: 'A negative prompt: what is not wanted',
    },
    ...jsonOption,
  },
  examples: [
    'explain "A calm sea at sunset, then slowly pan left"',
    'explain --operation edit "把天空变成日落，不要下雪"',
    'explain "a rainy street" --negative "people, blur"',
    'explain "heavy snow over a village" --json',
  ],
  async run({ values: { operation: name = 'text-to-video', negative, json }, positionals: [text = ''] }) {
    const operation = operations.find((known) => known === name);
    if (operation === undefined) {
      throw usageFailure(`There is no operation "${name}".`, `There are ${operations.join(', ')}.`);
    }
    const read = planPrompt({ prompt: readDirectives(text).prompt, negativePrompt: negative }, operation);
    const unknown = unknownDirectives(text).map(
      (one) => `${one} is no directive: the guide "Testing your app" lists them.`,
    );
    const plan = { ...read, warnings: [...unknown, ...read.warnings] };
    if (json) printJson({ operation, ...plan });
    else print(explanation(plan, operation));
    return 0;
  },
});

/** One row for each part of the plan that says something. */
function planRows(plan: PromptPlan, operation: RenderOperation): readonly (readonly [string, string])[] {
  const rows: readonly (readonly [string, string])[] = [
    ['Scene', operation === 'text-to-video' ? plan.nouns.map(nounText).join(', ') : ''],
    ['Camera', plan.cameraMoves.map(moveText).join(', then ') + (plan.handheld ? ' (handheld)' : '')],
    ['Looks', plan.effects.map(effectText).join(', ')],
    ['Wind', plan.wind ? 'yes' : ''],
    ['Clouds', plan.cloudless ? 'none' : ''],
    ['Kept', plan.kept.join(', ')],
  ];
  return rows.filter(([, text]) => text !== '');
}

function nounText({ noun, prominence, implied }: PromptPlan['nouns'][number]): string {
  const place = prominence < 1 ? ' (far)' : prominence > 1 ? ' (large)' : '';
  return `${noun}${implied ? ' (implied)' : place}`;
}

function moveText({ move, pace, start, end }: PromptPlan['cameraMoves'][number]): string {
  const speed = pace < 1 ? ' slowly' : pace > 1 ? ' fast' : '';
  const percent = (share: number) => `${Math.round(share * 100)}`;
  const share = end - start < 1 ? ` (${percent(start)} to ${percent(end)} %)` : '';
  return `${move.replace('-', ' ')}${speed}${share}`;
}

function effectText(effect: PromptPlan['effects'][number]): string {
  const values = {
    sky: () => (effect.kind === 'sky' ? `${effect.sky} sky` : ''),
    time: () => (effect.kind === 'time' ? effect.time.replace('-', ' ') : ''),
    weather: () => (effect.kind === 'weather' ? effect.weather : ''),
    colour: () => (effect.kind === 'colour' ? effect.colours.join(' and ') : ''),
    style: () => (effect.kind === 'style' ? effect.style.replaceAll('-', ' ') : ''),
    speed: () => (effect.kind === 'speed' ? effect.speed.replace('-', ' ') : ''),
  };
  const strength = effect.strength === 1 ? '' : effect.strength < 1 ? 'light ' : 'strong ';
  const region = effect.region === 'whole' || effect.kind === 'sky' ? '' : ` (${effect.region})`;
  return `${effect.step > 0 ? 'then ' : ''}${strength}${values[effect.kind]()}${region}`;
}

function indented(rows: readonly (readonly string[])[]): string {
  return table(rows).replaceAll(/^/gm, '  ');
}

function explanation(plan: PromptPlan, operation: RenderOperation): string {
  const { understood, ignored, warnings } = plan;
  const rows = planRows(plan, operation);
  const readings = understood.map(({ text, as }) => [text, as] as const);
  return [
    ...(rows.length > 0 ? [`${styled('bold', 'Plan')}\n${indented(rows)}`] : []),
    ...(readings.length > 0 ? [`${styled('bold', 'Understood')}\n${indented(readings)}`] : []),
    ...(ignored.length > 0 ? [`${styled('bold', 'Ignored')}\n  ${ignored.join(', ')}`] : []),
    ...warnings.map((warning) => `${styled('yellow', 'Warning:')} ${warning}`),
  ].join('\n\n');
}
