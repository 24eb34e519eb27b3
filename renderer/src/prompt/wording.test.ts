import { expect, test } from 'vitest';
import type { RenderOperation } from '../job.ts';
import { planPrompt } from './plan.ts';

/** What a negative prompt takes out of a prompt, in both languages: what is left, what is told, what is ignored. */
test.each<[string, string, RenderOperation, readonly string[], readonly string[]]>([
  ['a sea in the rain', 'rain', 'text-to-video', ['rain'], []],
  ['雨中的大海', '雨', 'text-to-video', ['雨'], []],
  ['a sea', 'no people, blur, low quality', 'text-to-video', ['people', 'blur', 'low quality'], []],
  ['大海', '不要人物，模糊，水印', 'text-to-video', ['人物', '模糊', '水印'], []],
  ['a sea', 'birds, qwertz', 'text-to-video', ['birds'], ['qwertz']],
  ['a watercolour of a lake', 'cartoon, watercolor', 'text-to-video', ['watercolour', 'cartoon', 'watercolor'], []],
  ['a lake', 'mountains', 'text-to-video', [], ['mountains']],
  ['a street', 'people, 汽车, trees', 'text-to-video', ['people', '汽车'], ['trees']],
  ['a meadow at night', 'night', 'text-to-video', ['night'], []],
  ['handheld walk through a forest', 'camera shake', 'text-to-video', ['handheld', 'camera shake'], ['walk']],
  ['make it snow', 'people', 'edit', [], ['people']],
  ['make it snow', '霓虹灯', 'edit', ['霓虹灯'], []],
  ['zoom in', 'wind', 'image-to-video', ['wind'], []],
  ['windy grass', 'wind', 'image-to-video', ['windy', 'wind'], ['grass']],
])('"%s" without "%s" (%s)', (prompt, negativePrompt, operation, out, ignored) => {
  const plan = planPrompt({ prompt, negativePrompt }, operation);
  expect(plan.understood.filter(({ as }) => as === 'left out').map(({ text }) => text)).toEqual(out);
  expect(plan.ignored).toEqual(ignored);
});

test('takes things out of the plan, and chooses none of them by chance', () => {
  const plan = planPrompt({ prompt: 'a stormy sea at night, pan left', negativePrompt: 'storm, night, boats, clouds' });
  expect(plan).toMatchObject({ effects: [], sky: undefined, weather: undefined, cloudless: true, camera: 'pan-left' });
  expect(plan.absent).toEqual({
    ...{ nouns: [], skies: ['storm', 'night', 'storm', 'night'], props: ['boat'] },
    subjects: ['vehicle'],
  });
});

test('a negative prompt of unknown words has a warning', () => {
  const warning = 'Nothing in the negative prompt is known: it leaves nothing out.';
  expect(planPrompt({ prompt: 'a sea', negativePrompt: 'qwertz' }).warnings).toEqual([warning]);
  expect(planPrompt({ prompt: 'a sea', negativePrompt: ' , ' }).warnings).toEqual([]);
  expect(planPrompt({ prompt: 'a sea', negativePrompt: 'rain, qwertz' }).warnings).toEqual([]);
});
