import { defineModel } from '../define.ts';
import { veoImageToVideo } from '../veo-generate.ts';

/** Parameters: FoxAPI's page `veo3.1/veo-3.1-image-to-video` and its catalogue, whose note on lite has sound on by default while its table has it off: off here. 1080p has 8 seconds only. */
export default defineModel({
  id: 'veo-3.1-lite-image-to-video',
  displayName: 'Veo 3.1 Lite Image to Video',
  summary: 'Sets a still picture in motion at the lowest price.',
  ...veoImageToVideo('lite'),
});
