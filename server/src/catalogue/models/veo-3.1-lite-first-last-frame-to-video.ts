import { defineModel } from '../define.ts';
import { veoFirstLastFrameToVideo } from '../veo-generate.ts';

/** Parameters: FoxAPI's page `veo3.1/veo-3.1-first-last-frame-to-video` and its catalogue, whose note on lite has sound on by default while its table has it off: off here. 1080p has 8 seconds only. */
export default defineModel({
  id: 'veo-3.1-lite-first-last-frame-to-video',
  displayName: 'Veo 3.1 Lite First and Last Frame to Video',
  summary: 'Goes from a first picture to a last one at the lowest price.',
  ...veoFirstLastFrameToVideo('lite'),
});
