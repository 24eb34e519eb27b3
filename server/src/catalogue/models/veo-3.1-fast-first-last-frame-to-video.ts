import { defineModel } from '../define.ts';
import { veoFirstLastFrameToVideo } from '../veo-generate.ts';

/** Parameters: FoxAPI's page `veo3.1/veo-3.1-first-last-frame-to-video`. */
export default defineModel({
  id: 'veo-3.1-fast-first-last-frame-to-video',
  displayName: 'Veo 3.1 Fast First and Last Frame to Video',
  summary: 'Goes from a first picture to a last one, faster and cheaper.',
  ...veoFirstLastFrameToVideo('fast'),
});
