import { describe, expect, test } from 'vitest';
import type { RenderOperation } from '../job.ts';
import { type Effect, pictureOrder, planPrompt } from './plan.ts';

function strengthOf({ strength }: Effect): string {
  return strength === 1 ? '' : strength < 1 ? 'light ' : 'heavy ';
}

/** An effect in a few words: `heavy rain`, `sky orange purple`, `2: night` for a second step. */
function inWords(effect: Effect): string {
  const region = effect.region === 'whole' ? '' : `${effect.region} `;
  const names = {
    time: () => (effect.kind === 'time' ? effect.time : ''),
    sky: () => (effect.kind === 'sky' ? `${effect.sky} sky` : ''),
    weather: () => (effect.kind === 'weather' ? effect.weather : ''),
    colour: () => (effect.kind === 'colour' ? `${region}${effect.colours.join(' ')}` : ''),
    style: () => (effect.kind === 'style' ? `${region}${effect.style}` : ''),
    speed: () => (effect.kind === 'speed' ? effect.speed : ''),
  };
  return `${effect.step > 0 ? `${effect.step + 1}: ` : ''}${strengthOf(effect)}${names[effect.kind]()}`;
}

function looks(prompt: string, operation: RenderOperation = 'edit'): string {
  return planPrompt(prompt, operation).effects.map(inWords).join(', ');
}

/** `push-in slow 0–50, pan-left 50–100`: the shares are of the clip, in percent. */
function moves(prompt: string): string {
  const paces = new Map([
    [0.65, ' very-slow'],
    [0.8, ' slow'],
    [1, ''],
    [1.5, ' fast'],
    [1.8, ' very-fast'],
  ]);
  return planPrompt(prompt)
    .cameraMoves.map(({ move, pace, start, end }) => {
      return `${move}${paces.get(pace)}${end - start < 1 ? ` ${Math.round(start * 100)}–${Math.round(end * 100)}` : ''}`;
    })
    .join(', ');
}

function nouns(prompt: string): string {
  return planPrompt(prompt)
    .nouns.map(
      ({ noun, prominence, implied }) => `${noun}${prominence === 1 ? '' : ` ${prominence}`}${implied ? '?' : ''}`,
    )
    .join(', ');
}

describe('sums up', () => {
  test.each([
    [
      'The camera slowly pushes in as the character smiles and wind moves the hair',
      { camera: 'push-in', pace: 0.8, wind: true, sky: undefined },
    ],
    [
      'The camera slowly zooms out to reveal the city skyline at sunset',
      { camera: 'pull-out', pace: 0.8, scene: 'city', sky: 'sunset' },
    ],
    ['The camera continues to pan across the landscape', { camera: 'pan' }],
    ['pans to the left over the ocean', { camera: 'pan-left', scene: 'sea' }],
    ['镜头缓缓推进，微风吹动草地', { camera: 'push-in', wind: true, scene: 'field' }],
    ['城市天际线的夜景，镜头向右平移', { camera: 'pan-right', scene: 'city', sky: 'night' }],
    [
      'A calm mountain lake under a clear blue day sky, the camera slowly pans right',
      {
        scene: 'mountains',
        lake: true,
        sky: 'day',
        mentionsSky: true,
        colours: ['blue'],
        pace: 0.8,
        camera: 'pan-right',
      },
    ],
    ['a company expands', { camera: undefined, scene: undefined }],
    ['大雪纷飞的森林', { weather: 'snow', scene: 'forest', weatherStrength: 1.6 }],
    ['A paper boat drifts down a rainy street', { scene: 'city', weather: 'rain' }],
    ['A boat on a lake', { scene: 'mountains', lake: true }],
    ['snowy mountains', { scene: 'mountains', weather: 'snow' }],
    ['A calm sea at sunset, the camera slowly pans to the right', { scene: 'sea', sky: 'sunset', camera: 'pan-right' }],
    ['The camera slowly pushes in as wind ripples the water', { camera: 'push-in', wind: true, lake: true }],
    ['极光下的雪原', { scene: 'aurora', sky: 'aurora' }],
    ['a watercolour painting in warm colours', { style: 'watercolour' }],
    ['a forest without clouds', { cloudless: true, mentionsSky: false }],
    ['two boats and a lighthouse, no birds', { props: ['boat', 'lighthouse'] }],
    ['海鸥飞过椰子树', { props: ['birds', 'palms'] }],
    ['a clear night over the desert', { cloudless: true, sky: 'night' }],
  ])('%s', (prompt, expected) => {
    expect(planPrompt(prompt)).toMatchObject(expected);
  });

  test.each([
    [
      'Change the sky to a dramatic sunset with orange and purple clouds',
      { sky: 'sunset', colours: ['orange', 'purple'], mentionsSky: true },
    ],
    ['Turn the sunny day into a starry night', { sky: 'night' }],
    ['把白天的天空变成日落', { sky: 'sunset', mentionsSky: true }],
    ['Make it an oil painting', { style: 'oil-painting', sky: undefined }],
    ['变成水彩画风格', { style: 'watercolour' }],
    ['add falling snow', { weather: 'snow' }],
    ['下雨', { weather: 'rain' }],
    ['black and white film', { style: 'black-and-white' }],
    ['Remove the clouds', { sky: 'day', cloudless: true }],
    [
      "Don't change the sky, add light snow",
      { kept: ['sky'], weather: 'snow', weatherStrength: 0.5, cloudless: false },
    ],
    ['keep the sky, make the water purple', { kept: ['sky'], mentionsSky: false }],
    ['保持天空不变，下大雪', { kept: ['sky'], weather: 'snow' }],
    ['first make it sunset, then night', { sky: 'night' }],
  ])('the edit %s', (prompt, expected) => {
    expect(planPrompt(prompt, 'edit')).toMatchObject(expected);
  });
});

describe('light, weather, colour, style and speed', () => {
  test.each([
    ['Change the sky to a dramatic sunset with orange and purple clouds', 'heavy sunset, sky orange purple'],
    ['把天空变成日落，云是橙色和紫色的', 'sunset, sky orange purple'],
    ['橙色和紫色的云', 'sky orange purple'],
    ['orange, pink and purple clouds', 'sky orange pink purple'],
    ['Make the sky purple and the water green', 'sky purple, water green'],
    ['让天空变成橙色', 'sky orange'],
    ['make the water turquoise', 'water teal'],
    ['把草变成红色', 'ground red'],
    ['The sky glows pink over the sea', 'sky pink'],
    ['shades of purple in the sky', 'sky purple'],
    ['a golden field', 'warmer, ground yellow'],
    ['orange light', 'orange'],
    ['a girl in a red dress on a beach', ''],
    ['穿红色裙子的女孩', ''],
    ['a black cat', ''],
    ['a cold drink', ''],
    ['Replace the grey sky with a blue sky', 'day, sky blue'],
    ['add heavy rain', 'heavy rain'],
    ['a light snow', 'light snow'],
    ['It is snowing heavily', 'heavy snow'],
    ['snow falls lightly on the village', 'light snow'],
    ['drizzle', 'light rain'],
    ['blizzard', 'heavy snow'],
    ['thick fog', 'heavy fog'],
    ['小雨', 'light rain'],
    ['倾盆大雨', 'heavy rain'],
    ['薄雾', 'light fog'],
    ['强烈的沙尘暴', 'heavy dust'],
    ['add rain and fog', 'rain, fog'],
    ['make the sunset more dramatic', 'heavy sunset'],
    ['a thunderstorm', 'storm sky, storm'],
    ['dust in the air', 'dust'],
    ['at noon', 'noon'],
    ['golden hour', 'golden-hour'],
    ['蓝调时刻', 'blue-hour'],
    ['the sun rises over the mountains', 'dawn'],
    ['The sun goes down and stars come out', 'sunset, night'],
    ['太阳下山', 'sunset'],
    ['a forest in autumn', 'ground orange'],
    ['秋天的森林', 'ground orange'],
    ['Make it black & white', 'black-and-white'],
    ['vintage film', 'sepia'],
    ['in the style of Van Gogh', 'oil-painting'],
    ['宫崎骏风格', 'cartoon'],
    ['霓虹灯', 'neon'],
    ['paint the sky as a watercolour', 'sky watercolour'],
    ['slow motion', 'slow-motion'],
    ['in slow-mo', 'slow-motion'],
    ['慢动作', 'slow-motion'],
    ['延时摄影', 'timelapse'],
    ['a city at blue hour, time-lapse', 'blue-hour, timelapse'],
    ['cold, then warm', 'colder, 2: warmer'],
    ['convert to a pencil sketch, then add snow', 'pencil, 2: snow'],
    ['先下雨，然后变成夜晚', 'rain, 2: night'],
  ])('%s → %s', (prompt, expected) => {
    expect(looks(prompt)).toBe(expected);
  });
});

describe('negation', () => {
  test.each([
    ['sunset, no snow', 'sunset'],
    ['no snow, rain or fog', ''],
    ['without clouds and rain, at night', 'night'],
    ["don't add snow", ''],
    ['don’t make it rain', ''],
    ['Do not add fog but make it snow', 'snow'],
    ['I want a sunset, not a storm', 'sunset'],
    ['not a sunset but a starry night', 'night'],
    ['Sunset instead of daylight', 'sunset'],
    ['remove the fog and add rain', 'rain'],
    ['get rid of the snow', ''],
    ['不要下雪', ''],
    ['不要下雪，加上大雾', 'heavy fog'],
    ['不要雪和雨', ''],
    ['没有云的蓝天', 'day, sky blue'],
    ['去掉雾，变成夜晚', 'night'],
    ['无雨的黄昏', 'sunset'],
    ['不要红色的云，要日落', 'sunset'],
    ['never black and white', ''],
    ['Turn day into night and rain into snow', 'night, snow'],
    ['把雨换成雪', 'snow'],
    ['将夏天的白天变为夜晚', 'night'],
    ['from day to night', 'night'],
  ])('%s → %s', (prompt, expected) => {
    expect(looks(prompt)).toBe(expected);
  });
});

describe('camera moves', () => {
  test.each([
    ['push in, then pan left', 'push-in 0–50, pan-left 50–100'],
    ['push in, then quickly pan left', 'push-in 0–50, pan-left fast 50–100'],
    ['先推进，然后向左平移', 'push-in 0–50, pan-left 50–100'],
    ['镜头先缓缓上移，接着快速向右摇，最后环绕', 'tilt-up slow 0–33, pan-right fast 33–67, orbit 67–100'],
    ['The camera pushes in while panning right', 'push-in, pan-right'],
    ['镜头一边推进一边向左平移', 'push-in, pan-left'],
    ['pans very slowly to the left', 'pan-left very-slow'],
    ['THE CAMERA TILTS UP SLOWLY, THEN ORBITS', 'tilt-up slow 0–50, orbit 50–100'],
    ['The drone rises over the city and moves left', 'tilt-up 0–50, pan-left 50–100'],
    ['handheld shot pushing in through a forest', 'push-in'],
    ['handheld', 'handheld'],
    ['A static shot of a lake, no camera movement', 'still'],
    ['the camera does not move', 'still'],
    ['镜头不要移动', 'still'],
    ['固定镜头', 'still'],
    ['Flying over a desert', 'push-in'],
    ['Birds flying over the sea', ''],
    ['A car moves left', ''],
    ['她向左走', ''],
    ['镜头向左走', 'pan-left'],
    ['the sun rises', ''],
    ["don't zoom in", ''],
    ['no zoom, only pan right', 'pan-right'],
    ['zoom', 'push-in'],
    ['dolly out quickly', 'pull-out fast'],
    ['cars race quickly while the camera pans left', 'pan-left'],
    ['无人机缓慢上升', 'tilt-up slow'],
    ['镜头快速拉远', 'pull-out fast'],
  ])('%s → %s', (prompt, expected) => {
    expect(moves(prompt)).toBe(expected);
  });

  test('a hand-held camera may move as well', () => {
    expect(planPrompt('handheld shot pushing in')).toMatchObject({ camera: 'push-in', handheld: true });
  });
});

describe('nouns', () => {
  test.each([
    ['mountains behind a lake, and a village by the lake', 'mountains, lake 2, village'],
    ['a village with mountains in the background', 'village, mountains 0.5'],
    ['distant mountains and a field', 'mountains 0.5, field'],
    ['雪山倒映在湖面，远处有城市', 'mountains, lake, city 0.5'],
    ['zoom out from the mountains to the sea', 'mountains, sea'],
    ['a city skyline', 'city'],
    ['a road through the desert', 'road, desert'],
    ['沙漠公路', 'desert, road'],
    ['a lighthouse', 'sea?'],
    ['a lighthouse by the sea', 'sea'],
    ['a sea without islands', 'sea'],
    ['太空中的星云', 'space 2'],
    ['open space in a meadow', 'field'],
    ['a beach by a river', 'beach, river'],
  ])('%s → %s', (prompt, expected) => {
    expect(nouns(prompt)).toBe(expected);
  });
});

describe('words of several meanings', () => {
  test.each<[string, RenderOperation, readonly string[], readonly string[]]>([
    ['an orange on a table', 'text-to-video', [], ['orange', 'table']],
    ['an orange sky', 'text-to-video', ['orange', 'sky'], []],
    ['oranges', 'text-to-video', [], ['oranges']],
    ['frying eggs in a pan', 'text-to-video', [], ['frying', 'eggs', 'pan']],
    ['a pan of soup, then pan right', 'text-to-video', ['pan right'], ['pan', 'soup']],
    ['light rain over a lake', 'text-to-video', ['light', 'rain', 'lake'], []],
    ['the light fades', 'text-to-video', [], ['fades']],
    ['a forest in fall', 'text-to-video', ['forest', 'fall'], []],
    ['leaves fall', 'text-to-video', [], ['leaves']],
    ['she waves at the camera', 'text-to-video', [], ['waves']],
    ['waves', 'text-to-video', ['waves'], []],
    ['a rose in the snow', 'text-to-video', ['snow'], ['rose']],
    ['rose clouds', 'text-to-video', ['rose', 'clouds'], []],
    ['一只红色的狐狸在雪地里', 'text-to-video', ['雪地'], ['红色', '狐狸']],
    ['MAKE IT BLACK AND WHITE', 'edit', ['BLACK AND WHITE'], []],
    ['Make it “vintage”, don’t add snow', 'edit', ['vintage', 'snow'], []],
    ['🌊🌅', 'text-to-video', ['🌊', '🌅'], []],
    ['sunset 😀', 'text-to-video', ['sunset'], []],
    ['极光下的雪原, slow pan right', 'text-to-video', ['极光', '雪原', 'slow', 'pan right'], []],
    ['把天空变成sunset，加上orange的云', 'edit', ['天空', 'sunset', 'orange', '云'], []],
    ['ＳＵＮＳＥＴ', 'edit', ['ＳＵＮＳＥＴ'], []],
    ['@Image2 walks to @Image1', 'reference-to-video', ['@Image2', '@Image1'], ['walks']],
    ['sunset over the sea', 'reference-to-video', ['sea'], ['sunset']],
    ['heavy rain in the city at night', 'reference-to-video', ['city', 'night'], ['heavy', 'rain']],
    ['heavy rain in the city at night', 'image-to-video', ['heavy', 'rain', 'city', 'night'], []],
    ['black and white, a city', 'edit', ['black and white'], ['city']],
    ['a sandstorm, 延时摄影', 'text-to-video', ['sandstorm', '延时摄影'], []],
    ['red ground in slow motion', 'extend', ['red', 'ground'], ['in slow motion']],
    ['a lighthouse by the sea', 'text-to-video', ['lighthouse', 'sea'], []],
    ['灯塔和小船', 'text-to-video', ['灯塔', '小船'], []],
    ['a lighthouse', 'edit', [], ['lighthouse']],
    ['街道上的行人和汽车', 'text-to-video', ['街道', '行人', '汽车'], []],
    ['people on a beach', 'text-to-video', ['beach'], ['people']],
    ['make the grass purple, in slow motion', 'edit', ['grass', 'purple', 'in slow motion'], []],
    ['purple grass in slow motion', 'text-to-video', ['purple', 'grass', 'in slow motion'], []],
    ['zoom in', 'edit', [], ['zoom in']],
  ])('%s (%s)', (prompt, operation, understood, ignored) => {
    const plan = planPrompt(prompt, operation);
    expect(plan.understood.map(({ text }) => text)).toEqual(understood);
    expect(plan.ignored).toEqual(ignored);
  });

  test('are told with what they were taken for', () => {
    expect(planPrompt('heavy rain, no fog, then night', 'edit').understood).toEqual([
      { text: 'heavy', as: 'strength: heavy' },
      { text: 'rain', as: 'weather: heavy rain' },
      { text: 'fog', as: 'left out' },
      { text: 'night', as: 'time of day: night' },
    ]);
    expect(planPrompt('a street musician with a violin').subjects).toEqual([
      { text: 'street musician', kind: 'person' },
      { text: 'violin', kind: 'thing' },
    ]);
  });
});

describe('a prompt that means nothing', () => {
  test.each<[string, RenderOperation, string]>([
    ['', 'text-to-video', 'The prompt is empty: the scene was chosen by chance.'],
    [' \n\t', 'edit', 'The prompt is empty: the colours become a little more vivid.'],
    ['😀😀', 'image-to-video', 'The prompt is empty: the camera drifts slowly.'],
    ['asdf qwer', 'edit', 'Nothing in the prompt can be drawn: the colours become a little more vivid.'],
    ['......', 'extend', "Nothing in the prompt can be drawn: the source's own motion goes on."],
    ['a person', 'text-to-video', 'Nothing in the prompt can be drawn: the scene was chosen by chance.'],
    ['the sky', 'edit', 'Nothing in the prompt can be drawn: the colours become a little more vivid.'],
  ])('"%s" (%s) is a plan with a warning', (prompt, operation, warning) => {
    expect(planPrompt(prompt, operation).warnings).toEqual([warning]);
  });

  test('a prompt with sense has none', () => {
    expect(planPrompt('sunset', 'edit').warnings).toEqual([]);
  });
});

test.each(['red ', 'no ', 'pan ', 'and ', ',', '云', '雪的', 'zz ', "'", 'black and '])(
  'a long row of "%s" is read at once',
  (piece) => {
    // CPU time: a busy machine makes the passing seconds longer.
    const before = process.cpuUsage();
    planPrompt(piece.repeat(4096 / piece.length), 'edit');
    const { user, system } = process.cpuUsage(before);
    expect((user + system) / 1_000).toBeLessThan(1_000);
  },
);

test.each([
  ['@Image2 walks to @Image1', 3, [1, 0, 2]],
  ['@image 3 and @Image3', 3, [2, 0, 1]],
  ['@Image9', 2, [0, 1]],
  ['nothing', 2, [0, 1]],
])('the order in "%s"', (prompt, count, order) => {
  expect(pictureOrder(prompt, count)).toEqual(order);
});
