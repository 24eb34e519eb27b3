import { expect, test } from 'vitest';
import type { GenerationRequest } from '../../contract/index.ts';
import { promptReader } from './prompt-reading.ts';

const read = promptReader('full');
const plain: GenerationRequest = { operation: 'text-to-video', prompt: 'a sea, windy, birds', inputs: [], options: {} };

function picture(role: 'image' | 'last-image') {
  return { role, url: 'https://example.com/a.png', field: role };
}

test('depends on the negative prompt', () => {
  expect(read(plain)?.understood.map(({ as }) => as)).toEqual(['scene: sea', 'wind', 'in the scene: birds']);
  const without = read({ ...plain, negativePrompt: 'birds, wind' });
  expect(without?.understood.map(({ as }) => as)).toEqual(['scene: sea', 'left out', 'left out', 'left out']);
});

test('between two pictures claims the camera alone', () => {
  const request: GenerationRequest = { ...plain, operation: 'image-to-video', prompt: 'pan left, wind, snow' };
  const from = read({ ...request, inputs: [picture('image')] });
  expect(from?.ignored).toEqual([]);
  const between = read({ ...request, inputs: [picture('image'), picture('last-image')] });
  expect(between).toMatchObject({ understood: [{ as: 'camera: pan left' }], ignored: ['wind', 'snow'] });
});

test('a draft is not read', () => {
  expect(promptReader('draft')(plain)).toBeUndefined();
  expect(read({ ...plain, prompt: 'a sea [reelay:fast]' })).toBeUndefined();
});
