import { defineModel } from '../define.ts';
import { veoTextToVideo } from '../veo-generate.ts';

/** Parameters: FoxAPI's catalogue; the page itself was not seen. */
export default defineModel({
  id: 'veo-3.1-text-to-video',
  displayName: 'Veo 3.1 Text to Video',
  summary: 'Makes a video from a description, up to 4k.',
  ...veoTextToVideo('standard'),
});
