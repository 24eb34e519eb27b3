import { defineModel } from '../define.ts';
import { veoReferenceToVideo } from '../veo-generate.ts';

/** Parameters: FoxAPI's page `veo3.1/veo-3.1-reference-to-video`. */
export default defineModel({
  id: 'veo-3.1-reference-to-video',
  displayName: 'Veo 3.1 Reference to Video',
  summary: 'Makes a video with what pictures show, up to 4k.',
  ...veoReferenceToVideo('standard'),
});
