import { defineModel, promptParameter } from '../define.ts';
import { wanFacts, wanNegativePrompt, wanOptions, wanSeed } from '../wan.ts';

const prompt = 'A red fox walks through fresh snow at dawn, its breath in the cold air';

export default defineModel({
  ...wanFacts,
  id: 'wan-ai-wan2-2-t2v-a14b-diffusers',
  operation: 'text-to-video',
  displayName: 'Wan 2.2 T2V A14B',
  summary: 'Open weights: makes a short video from text on your own GPU.',
  description:
    'Makes a clip of up to 117 pictures, 16 a second, in a size of your choice up to 832x720. Runs on a vLLM-Omni or SGLang server of the operator.',
  parameters: {
    prompt: promptParameter('What the video shows: subject, scene, light, camera.', { example: prompt }),
    negativePrompt: wanNegativePrompt,
    seed: wanSeed,
  },
  options: wanOptions,
  offers: { 'openai-compatible': { model: 'Wan-AI/Wan2.2-T2V-A14B-Diffusers' } },
  sample: { prompt, seed: 42 },
});
