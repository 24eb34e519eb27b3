import { defineModel } from '../define.ts';
import { veoImageToVideo } from '../veo-generate.ts';

/** Parameters: FoxAPI's page `veo3.1/veo-3.1-image-to-video`. */
export default defineModel({
  id: 'veo-3.1-fast-image-to-video',
  displayName: 'Veo 3.1 Fast Image to Video',
  summary: 'Sets a still picture in motion, faster and cheaper.',
  ...veoImageToVideo('fast'),
});
