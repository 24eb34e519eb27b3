import { describe, expect, test } from 'vitest';
import { pictureOrder, planPrompt } from './plan.ts';

describe('a prompt', () => {
  test.each([
    ['The camera slowly pushes in as the character smiles and wind moves the hair', { camera: 'push-in', wind: true }],
    [
      'The camera slowly zooms out to reveal the city skyline at sunset',
      { camera: 'pull-out', scene: 'city', sky: 'sunset' },
    ],
    ['The camera continues to pan across the landscape', { camera: 'pan' }],
    ['pans to the left over the ocean', { camera: 'pan-left', scene: 'sea' }],
    ['镜头缓缓推进，微风吹动草地', { camera: 'push-in', wind: true, scene: 'field' }],
    ['城市天际线的夜景，镜头向右平移', { camera: 'pan-right', scene: 'city', sky: 'night' }],
    [
      'A calm mountain lake under a clear blue day sky',
      { scene: 'mountains', lake: true, sky: 'day', mentionsSky: true },
    ],
    ['a company expands', { camera: undefined, scene: undefined }],
    ['大雪纷飞的森林', { weather: 'snow', scene: 'forest' }],
  ])('%s', (prompt, expected) => {
    expect(planPrompt(prompt)).toMatchObject(expected);
  });
});

describe('an edit', () => {
  test.each([
    [
      'Change the sky to a dramatic sunset with orange and purple clouds',
      { sky: 'sunset', colours: ['orange', 'purple'], mentionsSky: true },
    ],
    ['Turn the sunny day into a starry night', { sky: 'night' }],
    ['把白天的天空变成日落', { sky: 'sunset' }],
    ['Make it an oil painting', { style: 'oil-painting', sky: undefined }],
    ['变成水彩画风格', { style: 'watercolour' }],
    ['add falling snow', { weather: 'snow' }],
    ['下雨', { weather: 'rain' }],
    ['black and white film', { style: 'black-and-white' }],
  ])('%s', (prompt, expected) => {
    expect(planPrompt(prompt, 'edit')).toMatchObject(expected);
  });
});

test.each([
  ['@Image2 walks to @Image1', 3, [1, 0, 2]],
  ['@image 3 and @Image3', 3, [2, 0, 1]],
  ['@Image9', 2, [0, 1]],
  ['nothing', 2, [0, 1]],
])('the order in "%s"', (prompt, count, order) => {
  expect(pictureOrder(prompt, count)).toEqual(order);
});
