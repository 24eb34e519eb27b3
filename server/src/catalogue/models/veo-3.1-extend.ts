import { defineModel, google } from '../define.ts';
import { veoExtendOptions, veoExtendParameters, veoExtendRules } from '../veo-extend.ts';

export default defineModel({
  id: 'veo-3.1-extend',
  operation: 'extend',
  displayName: 'Veo 3.1 Extend',
  developer: google,
  summary: 'Continues a video by 7 seconds.',
  description:
    'Answers one file: the given video, followed by 7 seconds that continue it as the prompt says, in 720p or 1080p, 16:9 or 9:16.',
  created: 1_763_683_200,
  parameters: veoExtendParameters,
  options: veoExtendOptions,
  mediaRules: veoExtendRules,
  fixedDurationSeconds: 7,
  price: {
    perOutputSecond: { auto: 200_000 },
    perOutputSecondWithAudio: { auto: 400_000 },
    source: 'https://fal.ai/models/fal-ai/veo3.1/extend-video',
  },
  offers: {
    fal: { model: 'fal-ai/veo3.1', options: ['auto_fix', 'safety_tolerance'] },
    vertex: { model: 'veo-3.1-generate-001' },
  },
  typicalSeconds: 45,
  sample: { prompt: 'The camera continues to pan across the landscape', audio: true },
});
