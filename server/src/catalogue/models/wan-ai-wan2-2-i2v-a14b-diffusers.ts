import { defineModel, promptParameter } from '../define.ts';
import { wanFacts, wanNegativePrompt, wanOptions, wanSeed } from '../wan.ts';

const prompt = 'She turns her head and smiles, hair moving in the wind';

/** Not on Oxen's pages: the parameters of its text model, and a picture. */
export default defineModel({
  ...wanFacts,
  id: 'wan-ai-wan2-2-i2v-a14b-diffusers',
  operation: 'image-to-video',
  displayName: 'Wan 2.2 I2V A14B',
  summary: 'Open weights: sets a picture in motion on your own GPU.',
  description:
    'Makes a clip of up to 117 pictures, 16 a second, that begins with the given picture, fitted to the width and height asked for. Runs on a vLLM-Omni or SGLang server of the operator.',
  parameters: {
    prompt: promptParameter('What moves in the picture, and how the camera moves.', { example: prompt }),
    image: {
      type: 'url',
      title: 'Input image',
      required: true,
      description: 'Publicly accessible URL of the picture that becomes the first frame.',
      example: 'https://example.com/portrait.jpg',
    },
    negativePrompt: wanNegativePrompt,
    seed: wanSeed,
  },
  options: wanOptions,
  offers: { 'openai-compatible': { model: 'Wan-AI/Wan2.2-I2V-A14B-Diffusers' } },
  sample: { prompt, seed: 42 },
});
