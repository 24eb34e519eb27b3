import { defineModel } from '../define.ts';
import { veoUnified } from '../veo-generate.ts';

/** Parameters: FoxAPI's catalogue, whose note on lite has sound on by default while its table has it off: off here. There is no reference mode. */
export default defineModel({
  id: 'veo-3.1-lite',
  displayName: 'Veo 3.1 Lite',
  summary: 'All ways to use Veo 3.1 Lite in one model.',
  ...veoUnified('lite'),
});
