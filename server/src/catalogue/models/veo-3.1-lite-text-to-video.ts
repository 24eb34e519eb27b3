import { defineModel } from '../define.ts';
import { veoTextToVideo } from '../veo-generate.ts';

/** Parameters: FoxAPI's catalogue, whose note on lite has sound on by default while its table has it off: off here. 1080p has 8 seconds only. */
export default defineModel({
  id: 'veo-3.1-lite-text-to-video',
  displayName: 'Veo 3.1 Lite Text to Video',
  summary: 'Makes a video from a description at the lowest price.',
  ...veoTextToVideo('lite'),
});
