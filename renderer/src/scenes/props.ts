/** Things that scenes can draw, by the words a prompt names them with. */
import type { PromptPlan } from '../prompt/plan.ts';
import { words } from '../prompt/words.ts';

export type PropName = 'boat' | 'lighthouse' | 'houses' | 'birds' | 'palms' | 'flowers' | 'balloon';

const PROP_WORDS: Readonly<Record<PropName, ReadonlySet<string>>> = {
  boat: new Set(words('boat, ship, sailboat, yacht, sailing, sails, sail, 船, 小船, 帆船, 轮船')),
  lighthouse: new Set(words('lighthouse, 灯塔')),
  houses: new Set(words('house, cottage, farmhouse, cabin, church, roof, 房子, 房屋, 教堂, 屋顶, 小屋')),
  birds: new Set(words('bird, seagull, gull, eagle, swan, 鸟, 海鸥, 鹰')),
  palms: new Set(words('palm, palm tree, tropical, coconut, 椰子树, 棕榈, 椰树, 热带')),
  flowers: new Set(
    words('flower, wildflower, sunflower, tulip, poppy, poppies, blossom, 花, 鲜花, 花朵, 向日葵, 野花, 花海'),
  ),
  balloon: new Set(words('balloon, hot air balloon, 热气球, 气球')),
};

/** A word as the table has it: lower case, singular. */
function singular(text: string): string {
  const word = text.toLowerCase().trim();
  return /[a-z]{3}s$/.test(word) ? word.slice(0, -1) : word;
}

export function propsOf({ subjects, understood, ignored }: PromptPlan): ReadonlySet<PropName> {
  const named = [...subjects, ...understood].map(({ text }) => text).concat(ignored);
  const forms = new Set(named.flatMap((text) => [text.toLowerCase().trim(), singular(text)]));
  const names = Object.entries(PROP_WORDS) as [PropName, ReadonlySet<string>][];
  return new Set(names.filter(([, row]) => [...row].some((word) => forms.has(word))).map(([name]) => name));
}
