import { defineModel } from '../define.ts';
import { veoUnified } from '../veo-generate.ts';

/** Parameters: FoxAPI's page `veo3.1/veo-3.1-fast`. */
export default defineModel({
  id: 'veo-3.1',
  displayName: 'Veo 3.1',
  summary: 'All ways to use Veo 3.1 in one model.',
  ...veoUnified('standard'),
});
