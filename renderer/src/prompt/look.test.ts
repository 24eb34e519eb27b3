import { expect, test } from 'vitest';
import { planLook } from './look.ts';
import { paceOf } from './pace.ts';
import { planPrompt } from './plan.ts';

test.each([
  ['make it night', 'sky time:night'],
  ['golden hour with light fog, in watercolour', 'sky time:golden-hour weather:fog*0.5 style:watercolour'],
  ['heavy rain', 'sky weather:rain*1.6'],
  ['a thunderstorm with rain', 'sky weather:storm'],
  ['a dust storm', 'sky weather:dust'],
  ['black and white, then light snow', 'style:black-and-white sky weather:snow*0.5'],
  ['an oil painting of a snowy day', 'sky time:day weather:snow style:oil-painting'],
  ['make the grass purple', 'colour:purple@ground'],
  ['make the sky black and white', 'style:black-and-white@sky'],
  ['下大雪', 'sky weather:snow*1.6'],
  ['改成夜晚，然后变成水彩画', 'sky time:night style:watercolour'],
  ['clouds drift by, in black and white', 'style:black-and-white'],
  ['purple clouds, in black and white', 'sky style:black-and-white'],
  ['make the sky dramatic', 'sky'],
  ['slow motion', ''],
  ['flibber the wobbet', 'style:vivid'],
])('%s: %s', (prompt, expected) => {
  const { steps } = planLook(planPrompt(prompt, 'edit'));
  const told = steps.map((step) => {
    if (step.kind === 'sky') return 'sky';
    const strength = step.strength === 1 ? '' : `*${step.strength}`;
    if (step.kind === 'time') return `time:${step.time}${strength}`;
    if (step.kind === 'weather') return `weather:${step.weather}${strength}`;
    const region = step.region === 'whole' ? '' : `@${step.region}`;
    return `${step.kind}:${step.kind === 'style' ? step.style : step.colours.join('+')}${region}${strength}`;
  });
  expect(told.join(' ')).toBe(expected);
});

test.each([
  ['make it snow', 1],
  ['slow motion', 0.5],
  ['a timelapse', 4],
  ['延时摄影', 4],
  ['慢动作', 0.5],
])('%s: time passes at %d', (prompt, pace) => {
  expect(paceOf(planPrompt(prompt, 'edit'))).toBe(pace);
});
