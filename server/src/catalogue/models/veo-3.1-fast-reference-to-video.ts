import { defineModel } from '../define.ts';
import { veoReferenceToVideo } from '../veo-generate.ts';

/** Parameters: FoxAPI's page `veo3.1/veo-3.1-reference-to-video`. */
export default defineModel({
  id: 'veo-3.1-fast-reference-to-video',
  displayName: 'Veo 3.1 Fast Reference to Video',
  summary: 'Makes a video with what pictures show, faster and cheaper.',
  ...veoReferenceToVideo('fast'),
});
