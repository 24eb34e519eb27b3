/**
 * The words the local renderer understands, English and Chinese. To teach it a word, add it to a row; an entry may stand in
 * several tables and then means all of it. The longest entry that fits is taken. English entries match whole words in any case,
 * with hyphens as spaces; a plural needs no entry of its own. What a word means only in company is decided in `company.ts`.
 */
import { verbs, words } from './words.ts';

export type Lexicon<Value extends string> = Readonly<Record<Value, readonly string[]>>;

export type CameraMove =
  | 'push-in'
  | 'pull-out'
  | 'pan-left'
  | 'pan-right'
  | 'pan'
  | 'tilt-up'
  | 'tilt-down'
  | 'orbit'
  | 'handheld'
  | 'still';

/** Words that only ever speak of a camera. */
export const CAMERA_MOVES: Lexicon<CameraMove> = {
  still: words(
    'static camera, static shot, static view, fixed camera, fixed shot, locked off, locked camera, tripod, tripod shot, still camera, still shot',
    'camera stays still, camera is still, camera remains still, camera holds still, no camera movement, no camera motion, without camera movement',
    '固定镜头, 镜头固定, 镜头不动, 镜头静止, 静止镜头, 固定机位, 机位固定',
  ),
  orbit: [
    ...verbs('orbit, orbit around, circle around, rotate around, revolve around, arc around'),
    ...words('arc shot, orbit shot, 360 shot, 环绕, 环绕镜头, 绕着, 围绕, 旋转镜头'),
  ],
  'pan-left': [...verbs('pan left, pan to the left, truck left, track left'), ...words('左摇, 左移, 左摇镜头')],
  'pan-right': [...verbs('pan right, pan to the right, truck right, track right'), ...words('右摇, 右移, 右摇镜头')],
  'tilt-up': [
    ...verbs('tilt up, crane up, pan up, pedestal up, boom up, tilt upward, tilt upwards'),
    ...words('上摇, 上移, 升镜头, 仰摇'),
  ],
  'tilt-down': [
    ...verbs('tilt down, crane down, pan down, pedestal down, boom down, tilt downward, tilt downwards'),
    ...words('下摇, 下移, 降镜头, 俯摇'),
  ],
  'pull-out': [
    ...verbs('zoom out, pull out, pull back, dolly out, dolly back, zoom back, zoom away'),
    ...words('拉远, 拉出, 缩小, 后退, 拉镜头, 远离'),
  ],
  'push-in': [
    ...verbs(
      'zoom in, push in, dolly in, zoom into, push into, dolly into, push forward, zoom toward, zoom towards, dolly forward',
    ),
    ...words('close up, closeup, 推进, 推近, 放大, 拉近, 推镜头, 特写'),
  ],
  handheld: words('handheld, hand held, shaky, shaky cam, shaking camera, camera shake, 手持, 手持镜头, 晃动, 抖动'),
  pan: [
    ...words('sweeping shot, tracking shot, dolly shot, panning shot, 平移, 摇镜, 摇镜头, 横移, 横摇, 扫过'),
    ...verbs('pan'),
  ],
};

/** Words that are a camera's only where nothing else in their clause could do them: "moves left", "rises". */
export const LOOSE_CAMERA_MOVES: Lexicon<Exclude<CameraMove, 'still'>> = {
  'pan-left': [
    ...words('right to left, from right to left, 从右到左, 从右向左'),
    ...verbs('move left, move to the left, slide left, slide to the left, glide left, turn left, sweep left'),
    ...words('向左, 往左, 向左移动'),
  ],
  'pan-right': [
    ...words('left to right, from left to right, 从左到右, 从左向右'),
    ...verbs('move right, move to the right, slide right, slide to the right, glide right, turn right, sweep right'),
    ...words('向右, 往右, 向右移动'),
  ],
  'tilt-up': [...verbs('look up, rise, move up, ascend, lift, fly up'), ...words('rose, 向上, 往上, 上升, 升起, 升高')],
  'tilt-down': [...verbs('look down, descend, move down, lower'), ...words('向下, 往下, 下降, 降低')],
  'pull-out': [
    ...verbs('move back, move out, move away, back away, fly back, retreat'),
    ...words('wider, wider view, 远去, 向后'),
  ],
  'push-in': [
    ...verbs(
      'move in, move forward, move closer, fly forward, fly over, fly through, fly into, approach, advance, glide forward, glide over',
    ),
    ...words('flew over, closer, 靠近, 前进, 飞越, 飞过, 向前, 接近'),
  ],
  pan: ['摇', ...verbs('sweep, sweep across, move across, sweep over, glide across')],
  orbit: [...verbs('circle, rotate, revolve'), ...words('绕, 旋转')],
  handheld: verbs('wobble'),
};

export type Direction = 'left' | 'right' | 'up' | 'down' | 'in' | 'out';

/** What turns a bare "pan" or "zoom" that stands before it, with an adverb between them at most: "pans slowly to the left". */
export const DIRECTIONS: Lexicon<Direction> = {
  left: words('left, leftward, leftwards, to the left'),
  right: words('right, rightward, rightwards, to the right'),
  up: words('up, upward, upwards'),
  down: words('down, downward, downwards'),
  in: words('in, inward, inwards, forward, forwards'),
  out: words('out, outward, outwards, back, backward, backwards'),
};

/** Verbs that a direction makes a move. */
export const BARE_MOVES: Lexicon<'zoom' | 'tilt' | 'dolly' | 'track' | 'move' | 'push' | 'pull'> = {
  zoom: [...verbs('zoom'), '变焦'],
  tilt: verbs('tilt'),
  dolly: verbs('dolly'),
  track: verbs('track, truck'),
  move: verbs('move, drift, glide, slide, travel, fly'),
  push: verbs('push'),
  pull: verbs('pull'),
};

export const CAMERA_WORDS = words(
  'camera, cam, lens, shot, drone, drone shot, viewpoint, point of view, pov, 镜头, 相机, 摄像机, 摄影机, 画面, 视角, 航拍, 无人机',
);

/** What a verb beside it gets: how far a move goes. */
export const PACES: Lexicon<'very-slow' | 'slow' | 'fast' | 'very-fast'> = {
  'very-slow': words('very slowly, very slow, really slowly, extremely slowly, ever so slowly, 非常缓慢, 极慢, 很慢'),
  slow: words(
    'slowly, slow, gently, gentle, gradually, gradual, smoothly, softly, steadily, subtly, subtle, slightly, leisurely',
    '缓慢, 慢慢, 缓缓, 轻轻, 慢速, 缓慢地, 慢慢地, 缓缓地, 徐徐, 渐渐, 逐渐, 稍微',
  ),
  fast: words(
    'fast, quickly, quick, rapidly, rapid, swiftly, swift, suddenly, abruptly, 快速, 迅速, 急速, 飞快, 突然, 快速地, 迅速地',
  ),
  'very-fast': words('very fast, very quickly, extremely fast, whip, 极快, 非常快, 很快'),
};

/** Moods that calm a camera of which nothing else is said. */
export const CALM_WORDS = words('calm, peaceful, serene, tranquil, quiet, 平静, 宁静, 安静, 静谧');

/** What a weather, a style or a colour beside it gets. */
export const DEGREES: Lexicon<'light' | 'heavy'> = {
  light: words(
    'light, lightly, lighter, softer, weaker, slight, slightly, soft, softly, gentle, gently, subtle, subtly, a little, a bit of, a touch of, faint, faintly, thin, mild, pale',
    '轻微, 一点, 一点点, 淡淡, 淡淡的, 轻柔, 稀薄, 细, 少许, 微',
  ),
  heavy: words(
    'heavy, heavily, heavier, stronger, thicker, denser, more intense, strong, strongly, dense, densely, thick, thickly, intense, intensely, dramatic, dramatically, very, extreme, extremely',
    'fierce, violent, pouring, torrential, lots of, a lot of, 强烈, 浓重, 剧烈, 猛烈, 浓密, 非常, 很大, 戏剧性, 戏剧化, 狂',
  ),
};

export type Speed = 'slow-motion' | 'timelapse';

export const SPEEDS: Lexicon<Speed> = {
  'slow-motion': words(
    'slow motion, slo mo, slow mo, slowmo, slowed down, slow it down, slow down, in slow motion, half speed, 慢动作, 慢镜头, 升格, 慢放',
  ),
  timelapse: words(
    'timelapse, time lapse, hyperlapse, hyper lapse, speed it up, speed up, sped up, speeded up, fast motion, fast forward, 延时, 延时摄影, 缩时, 快进, 加速, 快放',
  ),
};

export type SceneName = 'sea' | 'mountains' | 'city' | 'forest' | 'field' | 'desert' | 'snowfield' | 'space' | 'aurora';

/** What a scene may show; `NOUN_SCENES` tells which scene shows it. */
export type SceneNoun =
  | SceneName
  | 'beach'
  | 'lake'
  | 'river'
  | 'hills'
  | 'street'
  | 'road'
  | 'village'
  | 'canyon'
  | 'island';

export const NOUN_SCENES: Readonly<Record<SceneNoun, SceneName>> = {
  aurora: 'aurora',
  space: 'space',
  sea: 'sea',
  beach: 'sea',
  island: 'sea',
  city: 'city',
  street: 'city',
  desert: 'desert',
  canyon: 'mountains',
  snowfield: 'snowfield',
  forest: 'forest',
  mountains: 'mountains',
  hills: 'mountains',
  lake: 'mountains',
  river: 'mountains',
  field: 'field',
  road: 'field',
  village: 'field',
};

export const SCENE_NOUNS: Lexicon<SceneNoun> = {
  aurora: words('aurora, aurora borealis, northern lights, polar lights, 极光, 北极光'),
  space: words(
    'space, outer space, galaxy, galaxies, planet, nebula, nebulae, cosmos, universe, 太空, 宇宙, 星系, 银河, 星球, 行星, 星云',
  ),
  sea: words(
    'sea, ocean, wave, coast, shore, seaside, seascape, shoreline, surf, bay, 大海, 海洋, 海面, 海边, 海浪, 波浪, 海岸, 海, 海景, 海湾, 🌊',
  ),
  beach: words('beach, beaches, 海滩, 沙滩'),
  island: words('island, 岛, 小岛, 岛屿, 海岛'),
  city: words(
    'city, cities, skyline, city skyline, cityscape, skyscraper, downtown, urban, metropolis, town, traffic, cyberpunk, city lights',
    '城市, 都市, 天际线, 城市天际线, 高楼, 高楼大厦, 摩天, 摩天大楼, 大楼, 夜景, 赛博朋克, 城镇',
  ),
  street: words('street, avenue, alley, alleyway, 街道, 街, 街头, 小巷, 大街'),
  desert: words('desert, dune, sand dune, sahara, 沙漠, 沙丘, 戈壁, 荒漠'),
  canyon: words('canyon, gorge, 峡谷'),
  snowfield: words(
    'snowfield, snowy field, snow field, snowy landscape, tundra, arctic, antarctica, glacier, ice field, 雪原, 雪地, 冰川, 冰原',
  ),
  forest: words('forest, woods, woodland, jungle, rainforest, grove, 森林, 树林, 丛林, 竹林, 雨林, 松林'),
  mountains: words(
    'mountain, mountain range, peak, valley, cliff, alps, ridge, volcano, summit, 山, 大山, 高山, 山脉, 群山, 山峰, 山谷, 雪山, 山顶, 山间, 悬崖, 火山',
  ),
  hills: words('hill, hillside, rolling hills, 山丘, 丘陵, 小山, 山坡'),
  lake: words('lake, pond, fjord, lagoon, 湖, 湖泊, 湖面, 池塘, 湖水'),
  river: words('river, stream, creek, brook, waterfall, 河, 河流, 小河, 溪, 小溪, 江, 江面, 瀑布'),
  road: words('road, highway, path, trail, lane, 公路, 道路, 马路, 小路, 高速公路'),
  village: words('village, hamlet, farmhouse, cottage, 村庄, 村子, 村落, 小镇, 乡村'),
  field: words(
    'field, meadow, grass, grassland, prairie, farm, farmland, countryside, wheat, lawn, savanna, savannah, pasture, 田野, 草地, 草原, 麦田, 稻田, 草坪, 田园, 草',
  ),
};

/** Words that bring a scene with them where the prompt names none: a boat is on the sea, but "a boat on a lake" is on a lake. */
export const IMPLIED_NOUNS: Lexicon<SceneName> = {
  aurora: [],
  space: words('astronaut, spaceship, spacecraft, rocket, 宇航员, 飞船, 火箭'),
  sea: [
    ...verbs('sail'),
    ...words('sailboat, ship, boat, lighthouse, yacht, harbor, harbour, port, 船, 小船, 帆船, 轮船, 灯塔, 港口'),
  ],
  city: words('building, tower, subway, taxi, 建筑, 大厦, 楼房'),
  desert: words('camel, cactus, 骆驼, 仙人掌'),
  snowfield: words('snowy, winter, wintry, snow covered, ice, iceberg, 冬天, 冬季, 冬日, 积雪, 冰雪, 冰'),
  forest: words('tree, pine, oak, bamboo, 树, 树木, 大树, 松树, 竹子'),
  mountains: [],
  field: words('flower, wildflower, sunflower, tulip, poppy, poppies, blossom, 花, 鲜花, 花朵, 向日葵, 野花, 花海'),
};

export const LAKE_WORDS = words(
  'lake, river, pond, stream, creek, reflection, water, fjord, lagoon, 湖, 湖泊, 湖面, 湖水, 河, 河流, 小河, 江, 水面, 倒影, 池塘',
);

export type TimeOfDay = 'dawn' | 'day' | 'noon' | 'golden-hour' | 'sunset' | 'blue-hour' | 'night';

export const TIMES: Lexicon<TimeOfDay> = {
  dawn: words(
    'sunrise, dawn, daybreak, early morning, morning, first light, sun rises, rising sun, sun is rising, sun comes up, sun coming up',
    '日出, 黎明, 清晨, 朝霞, 早晨, 晨光, 早上, 破晓, 拂晓, 太阳升起, 🌅, 🌄',
  ),
  noon: words('noon, midday, high noon, 正午, 中午'),
  day: words(
    'day, daytime, daylight, sunny, sunshine, clear sky, clear skies, clear day, blue sky, blue skies, clear blue, sunlight, sunlit, afternoon, bright sky',
    '白天, 晴, 晴天, 晴空, 蓝天, 蓝色的天空, 蓝色天空, 阳光, 晴朗, 日光, 下午, 白昼, 🌞, ☀',
  ),
  'golden-hour': words('golden hour, magic hour, golden light, low sun, 黄金时刻, 黄金时段, 金色阳光'),
  sunset: words(
    'sunset, dusk, evening, sundown, sun goes down, sun going down, sun sets, sun is setting, setting sun, nightfall',
    '日落, 夕阳, 黄昏, 晚霞, 傍晚, 落日, 夕照, 火烧云, 太阳落山, 太阳下山, 🌇, 🌆',
  ),
  'blue-hour': words('blue hour, twilight, 蓝调时刻, 蓝色时刻, 暮色, 暮光'),
  night: words(
    'night, night time, nighttime, night sky, midnight, starry, starry night, starry sky, star, moon, full moon, moonlight, moonlit, milky way',
    '夜, 夜晚, 晚上, 夜里, 夜间, 黑夜, 夜空, 夜景, 夜色, 星空, 星星, 月光, 月亮, 明月, 深夜, 午夜, 繁星, 满天星, 🌃, 🌌, 🌙',
  ),
};

/** Seasons that colour a picture; winter is a weather and a scene. */
export type Season = 'autumn';

export const SEASONS: Lexicon<Season> = {
  autumn: words(
    'autumn, autumnal, fall foliage, fall colors, fall colours, autumn leaves, 秋天, 秋季, 秋日, 深秋, 金秋, 红叶, 秋',
  ),
};

export const CLEAR_WORDS = words('clear, cloudless, clear sky, clear skies, clear day, 晴朗, 晴空, 万里无云, 无云');

/** What says of a region that it is to stay as it is. */
export const KEEPING: ReadonlySet<string> = new Set(
  words('keep, keeps, keeping, leave, preserve, maintain, retain, 保持, 保留'),
);

export const PRONOUNS: ReadonlySet<string> = new Set(words('he, she, they, her, him, his, them, 她, 他, 他们, 她们'));

export type SkyName = 'day' | 'sunset' | 'dawn' | 'night' | 'storm' | 'overcast' | 'aurora';

/** The sky that a time of day is drawn with where nothing else is said. */
export const TIME_SKIES: Readonly<Record<TimeOfDay, SkyName>> = {
  dawn: 'dawn',
  day: 'day',
  noon: 'day',
  'golden-hour': 'sunset',
  sunset: 'sunset',
  'blue-hour': 'sunset',
  night: 'night',
};

/** Skies that are no time of day. */
export const SKIES: Lexicon<'aurora' | 'storm' | 'overcast'> = {
  aurora: words('aurora, aurora borealis, northern lights, polar lights, 极光, 北极光'),
  storm: words(
    'storm, stormy, thunderstorm, thunder, lightning, dark cloud, storm cloud, dark sky, dark skies, ominous, tempest, hurricane',
    '暴风雨, 雷雨, 乌云, 风暴, 雷暴, 闪电, 打雷, 雷电, 狂风暴雨, ⛈, 🌩',
  ),
  overcast: words(
    'overcast, cloudy, cloudy sky, grey sky, gray sky, grey skies, gray skies, gloomy, 阴天, 多云, 阴沉, 阴云, ☁, 🌥',
  ),
};

/** Weathers that are drawn as something that falls or drifts. */
export type Weather = 'snow' | 'rain' | 'fog';
export type WeatherKind = Weather | 'storm' | 'dust';

export const WEATHERS: Lexicon<WeatherKind> = {
  storm: words(
    'storm, stormy, thunderstorm, thunder, lightning, storm cloud, tempest, hurricane, 暴风雨, 雷雨, 风暴, 雷暴, 闪电, 打雷, 雷电, 狂风暴雨, ⛈, 🌩',
  ),
  snow: [
    ...verbs('snow'),
    ...words(
      'snowfall, snowflake, snowy, snowstorm, blizzard, flurry, flurries, winter, wintry, snow falls, snow falling, falling snow',
    ),
    ...words('下雪, 雪, 雪花, 飘雪, 冬天, 冬季, 小雪, 大雪, 暴雪, 大雪纷飞, 鹅毛大雪, 暴风雪, 飞雪, 雪景, ❄, 🌨'),
  ],
  rain: [
    ...verbs('rain'),
    ...words(
      'rainy, drizzle, drizzling, downpour, rainstorm, rainfall, raindrop, shower, rain falls, rain falling, falling rain',
    ),
    ...words(
      '下雨, 雨, 暴雨, 小雨, 大雨, 细雨, 毛毛雨, 雨天, 雨水, 雨滴, 下着雨, 倾盆大雨, 阵雨, 暴风雨, 雷雨, 狂风暴雨, 🌧',
    ),
  ],
  fog: words('fog, foggy, mist, misty, haze, hazy, smog, 雾, 薄雾, 大雾, 浓雾, 雾气, 轻雾, 晨雾, 烟雾, 雾霾, 🌫'),
  dust: words('dust, dusty, dust storm, sandstorm, sand storm, 沙尘, 沙尘暴, 扬尘, 尘土'),
};

/** Words that say how much by themselves. */
export const STRONG_WEATHERS: Lexicon<'light' | 'heavy'> = {
  light: words('drizzle, drizzling, flurry, flurries, shower, 小雨, 小雪, 细雨, 毛毛雨, 薄雾, 轻雾'),
  heavy: words(
    'blizzard, snowstorm, downpour, rainstorm, hurricane, tempest, sandstorm, 大雨, 暴雨, 倾盆大雨, 大雪, 暴雪, 大雪纷飞, 鹅毛大雪, 暴风雪, 浓雾, 大雾, 暴风雨, 狂风暴雨, 沙尘暴',
  ),
};

export type StyleName =
  | 'black-and-white'
  | 'sepia'
  | 'oil-painting'
  | 'watercolour'
  | 'cartoon'
  | 'pencil'
  | 'neon'
  | 'warmer'
  | 'colder'
  | 'vivid';

export const STYLES: Lexicon<StyleName> = {
  'black-and-white': words(
    'black and white, black & white, b&w, monochrome, grayscale, greyscale, noir, film noir, 黑白, 单色, 黑白片, 黑白电影',
  ),
  sepia: words(
    'sepia, vintage, vintage film, retro, old film, old movie, nostalgic, faded, super 8, 8mm, 复古, 怀旧, 老电影, 泛黄, 旧胶片, 胶片, 老照片',
  ),
  watercolour: words('watercolour, watercolor, watercolour painting, watercolor painting, aquarelle, 水彩, 水彩画'),
  pencil: words(
    'pencil, pencil drawing, pencil sketch, sketch, drawing, charcoal, line art, 铅笔, 铅笔画, 素描, 手绘, 线稿',
  ),
  'oil-painting': words(
    'oil painting, oil paint, painting, painterly, van gogh, impressionist, impressionism, monet, 油画, 印象派, 梵高, 莫奈',
  ),
  cartoon: words(
    'cartoon, cartoonish, anime, comic, comic book, cel shaded, animated style, animation style, ghibli, studio ghibli, 卡通, 动漫, 动画, 漫画, 宫崎骏, 吉卜力',
  ),
  neon: words('neon, neon lights, cyberpunk, synthwave, vaporwave, 霓虹, 霓虹灯, 赛博朋克'),
  warmer: words('warm, warmer, golden, golden light, cozy, cosy, 温暖, 暖色, 暖, 暖色调, 金色阳光'),
  colder: words('cold, colder, cool, cooler, icy, bluish, 寒冷, 冷色, 冷, 冷色调'),
  vivid: words('vivid, vibrant, saturated, colorful, colourful, 鲜艳, 绚丽, 多彩, 绚烂, 五彩'),
};

export type ColourName =
  | 'red'
  | 'orange'
  | 'yellow'
  | 'green'
  | 'teal'
  | 'blue'
  | 'purple'
  | 'pink'
  | 'white'
  | 'black';

export const COLOURS: Lexicon<ColourName> = {
  red: words('red, crimson, scarlet, reddish, 红色, 红, 赤红, 血红, 深红'),
  orange: words('orange, amber, 橙色, 橙, 橘色, 橘红, 橙红'),
  yellow: words('yellow, gold, golden, 黄色, 金色, 金黄, 金黄色, 黄'),
  green: words('green, emerald, 绿色, 绿, 翠绿, 碧绿'),
  teal: words('teal, cyan, turquoise, aquamarine, 青色, 青'),
  blue: words(
    'blue, azure, blue sky, blue skies, clear blue, navy, 蓝色, 蓝, 湛蓝, 蔚蓝, 深蓝, 浅蓝, 蓝天, 蓝色的天空, 蓝色天空',
  ),
  purple: words('purple, violet, lavender, magenta, lilac, 紫色, 紫, 紫红'),
  pink: words('pink, rose, pinkish, 粉色, 粉红, 粉红色, 粉, 玫瑰色'),
  white: words('white, 白色, 雪白'),
  black: words('black, 黑色'),
};

export type Region = 'sky' | 'ground' | 'water' | 'whole';

/** Nouns that stand for a part of the picture: what a colour or an edit beside them is for. */
export const REGIONS: Lexicon<Region> = {
  sky: words(
    'sky, skies, cloud, heaven, night sky, clear sky, clear skies, blue sky, blue skies, grey sky, gray sky, dark sky, cloudy sky, starry sky, dark cloud, storm cloud',
    '天空, 云, 云朵, 云彩, 白云, 乌云, 天上, 夜空, 星空, 蓝天, 蓝色的天空, 蓝色天空, 火烧云, 云层, 天际',
  ),
  ground: words(
    'ground, land, landscape, earth, floor, terrain, foreground, scenery, sand, soil, 沙子, 地面, 大地, 地上, 陆地, 前景, 风景, 景色',
  ),
  water: words('water, reflection, 水面, 水, 倒影'),
  whole: words(
    'picture, video, scene, image, frame, clip, footage, everything, film, movie, 画面, 视频, 场景, 整体, 全部, 整个画面, 影片, 图片',
  ),
};

/** Which part of a picture a noun is, where it is coloured. */
export const NOUN_REGIONS: Readonly<Record<SceneNoun, Region>> = {
  aurora: 'sky',
  space: 'sky',
  sea: 'water',
  beach: 'ground',
  island: 'ground',
  city: 'ground',
  street: 'ground',
  desert: 'ground',
  canyon: 'ground',
  snowfield: 'ground',
  forest: 'ground',
  mountains: 'ground',
  hills: 'ground',
  lake: 'water',
  river: 'water',
  field: 'ground',
  road: 'ground',
  village: 'ground',
};

export const WIND_WORDS = [
  ...words(
    'wind, windy, breeze, breezy, blowing, gust, flutter, fluttering, 风, 微风, 大风, 狂风, 吹, 吹动, 吹拂, 摇曳, 飘动, 飘扬, 🌬',
  ),
  ...verbs('sway, rustle'),
];

export type SubjectKind = 'person' | 'animal' | 'vehicle' | 'structure' | 'plant' | 'food' | 'thing';

/** Faults that no picture of the renderer's has: what people write into negative prompts. */
export const FLAWS = words(
  'blur, blurry, blurred, out of focus, low quality, lowest quality, worst quality, bad quality, poor quality, low resolution, lowres, pixelated, artifact, jpeg artifacts, compression artifacts',
  'distorted, distortion, deformed, disfigured, malformed, mutated, mutation, glitch, glitches, ugly, bad anatomy, extra limbs, extra fingers, missing fingers, bad hands, overexposed, underexposed, flicker, flickering, signature',
  '模糊, 低质量, 最差质量, 低画质, 低分辨率, 失真, 扭曲, 变形, 畸形, 残缺, 丑陋, 多余的手指, 多余的肢体, 过曝, 欠曝, 闪烁, 压缩痕迹',
);

/** What the renderer knows to be somebody or something that it cannot draw. */
export const SUBJECTS: Lexicon<SubjectKind> = {
  person: words(
    'movie star, rock star, pop star, person, people, man, men, woman, women, child, children, kid, boy, girl, baby, character, figure, crowd, couple, dancer, musician, street musician, singer',
    'astronaut, warrior, knight, samurai, soldier, robot, face, hair, hand, eye, passers by, he, she, they, her, him, his, them',
    'mother, father, friend, family, actor, model, monk, king, queen, princess, wizard, witch, hero, player, chef, sailor, old man, old woman',
    '人, 人物, 男人, 女人, 女孩, 男孩, 孩子, 小孩, 少女, 少年, 老人, 人们, 人群, 角色, 行人, 路人, 宇航员, 武士, 士兵, 机器人, 她, 他, 他们, 她们, 脸, 头发, 手, 眼睛, 美女, 帅哥, 情侣, 舞者, 僧人, 公主',
  ),
  animal: words(
    'animal, cat, kitten, dog, puppy, puppies, horse, bird, seagull, gull, eagle, fish, whale, dolphin, fox, foxes, wolf, wolves, bear, lion, tiger, elephant, rabbit, deer',
    'butterfly, butterflies, dragon, dinosaur, monkey, panda, ox, cow, sheep, camel, owl, shark, turtle, penguin, swan, duck',
    '动物, 猫, 小猫, 狗, 小狗, 马, 鸟, 海鸥, 鹰, 鱼, 鲸鱼, 鲸, 海豚, 狐狸, 狼, 熊, 狮子, 老虎, 大象, 兔子, 鹿, 蝴蝶, 龙, 恐龙, 猴子, 熊猫, 骆驼, 牛, 羊, 企鹅, 天鹅',
  ),
  vehicle: words(
    'car, truck driver, bus, buses, train, bicycle, bike, motorcycle, taxi, plane, airplane, aeroplane, helicopter, rocket, spaceship, spacecraft, boat, paper boat, ship, sailboat, yacht, balloon, hot air balloon, subway, tram',
    '汽车, 车, 公交车, 火车, 自行车, 摩托车, 飞机, 直升机, 火箭, 飞船, 船, 小船, 帆船, 轮船, 热气球, 气球, 纸船',
  ),
  structure: words(
    'building, house, castle, tower, bridge, lighthouse, temple, church, cathedral, palace, windmill, window, door, wall, room, kitchen, table, roof, fence, statue, harbor, harbour, port',
    '房子, 房屋, 建筑, 城堡, 塔, 桥, 灯塔, 寺庙, 教堂, 宫殿, 风车, 窗户, 窗, 门, 墙, 房间, 厨房, 桌子, 屋顶, 雕像, 港口, 大厦, 楼房',
  ),
  plant: words(
    'tree, pine, oak, bamboo, flower, wildflower, sunflower, tulip, poppy, poppies, rose garden, blossom, cherry blossom, leaf, leaves, falling leaves, cactus, orange tree, 树, 树木, 大树, 松树, 竹子, 花, 鲜花, 花朵, 向日葵, 野花, 樱花, 树叶, 落叶, 叶子, 玫瑰, 玫瑰花, 花园, 仙人掌',
  ),
  food: words(
    'food, apple, oranges, orange juice, orange peel, orange slice, slice of orange, lemon, bread, cake, coffee, tea, soup, egg, pizza, burger, noodle, wine, beer, ice cream, 食物, 苹果, 橙子, 橘子, 橙汁, 柠檬, 面包, 蛋糕, 咖啡, 茶, 汤, 鸡蛋, 面条, 酒, 冰淇淋, 雪糕',
  ),
  thing: words(
    'frying pan, saucepan, pots and pans, umbrella, violin, guitar, piano, scarf, dress, hat, lamp, lantern, candle, fire, campfire, sword, book, phone, logo, text, subtitle, watermark, ball, toy, mirror, bottle, cup, flag, kite',
    '平底锅, 锅, 雨伞, 伞, 小提琴, 吉他, 钢琴, 围巾, 裙子, 帽子, 灯, 灯笼, 蜡烛, 火, 篝火, 剑, 书, 手机, 文字, 字幕, 水印, 球, 玩具, 镜子, 杯子, 旗, 风筝, 红绿灯',
  ),
};

/** Small things that a scene can show. */
export type PropName = 'boat' | 'lighthouse' | 'houses' | 'birds' | 'palms' | 'flowers' | 'balloon';

export const PROPS: Lexicon<PropName> = {
  boat: [...words('boat, ship, sailboat, yacht, 船, 小船, 帆船, 轮船'), ...verbs('sail')],
  lighthouse: words('lighthouse, 灯塔'),
  houses: words('house, cottage, farmhouse, cabin, church, roof, 房子, 房屋, 教堂, 屋顶, 小屋'),
  birds: words('bird, seagull, gull, eagle, swan, 鸟, 海鸥, 鹰, 天鹅'),
  palms: words('palm, palm tree, tropical, coconut, 椰子树, 棕榈, 椰树, 热带'),
  flowers: words('flower, wildflower, sunflower, tulip, poppy, poppies, blossom, 花, 鲜花, 花朵, 向日葵, 野花, 花海'),
  balloon: words('balloon, hot air balloon, 热气球, 气球'),
};

/** Whom a street shows, whether or not they are asked for. */
export const STREET_LIFE = words(
  'people, person, pedestrian, passers by, crowd, man, woman, car, 人, 人们, 行人, 路人, 人群, 汽车, 车',
);

/** How clauses are joined and turned. */
export type Connective =
  | 'and'
  | 'or'
  | 'next'
  | 'while'
  | 'but'
  | 'not'
  | 'without'
  | 'instead-of'
  | 'instead'
  | 'remove'
  | 'change'
  | 'replace'
  | 'make'
  | 'to'
  | 'into'
  | 'with'
  | 'from'
  | 'far'
  | 'near';

export const CONNECTIVES: Lexicon<Connective> = {
  and: words('and, plus, as well as, also, &, 和, 与, 跟, 及, 以及, 并, 并且, 而且, 还有, 也'),
  or: words('or, nor, 或, 或者, 或是'),
  next: words(
    'then, and then, next, and next, afterwards, after that, finally, followed by, later, 然后, 接着, 随后, 之后, 最后, 再, 继而, 紧接着',
  ),
  while: words('while, as, simultaneously, at the same time, whilst, 同时, 一边, 一面, 伴随'),
  but: words('but, just, only, yet, however, 但, 但是, 只, 只是, 而是'),
  not: words(
    "no, not, don't, dont, do not, does not, doesn't, didn't, isn't, aren't, is not, are not, shouldn't, should not, mustn't, won't, never, avoid, neither, hardly any, no more",
    '不要, 不, 没有, 没, 别, 勿, 请勿, 不能, 不得, 避免, 禁止, 不许, 不是, 不会, 不需要',
  ),
  without: words('without, without any, free of, devoid of, minus, 无, 不带, 不含'),
  'instead-of': words('instead of, rather than, 而不是, 而非, 代替'),
  instead: words('instead, 取而代之'),
  remove: [
    ...verbs('remove, erase, delete, clear away, take away, get rid of, eliminate'),
    ...words('take out, 去掉, 移除, 去除, 删除, 消除, 除去, 取消'),
  ],
  change: [
    ...verbs('change, turn, transform, convert, switch, shift, morph, turn it, make it go'),
    ...words('from, 把, 将, 让, 使, 从'),
  ],
  replace: [...verbs('replace, swap, substitute, exchange'), '替换'],
  make: [
    ...verbs('add, give, show, create, put, let, set, bring, start, begin, keep, use, fill, cover, paint, render'),
    ...words('make, makes, making, made, 加, 添加, 加上, 加入, 增加, 变, 做, 做成, 制作, 生成, 要, 需要, 请, 保持'),
  ],
  to: words('to'),
  into: words(
    'into, to become, to be, to look like, becomes, become, becoming, 变成, 变为, 换成, 改成, 改为, 替换为, 替换成, 成为, 转为, 转成, 变作, 换为, 化为, 变到, 到',
  ),
  with: words('with, by, for'),
  from: [],
  far: words(
    'in the background, in the distance, distant, far away, faraway, on the horizon, beyond, 远处, 远方, 背景, 远处的, 背景中',
  ),
  near: words('in the foreground, in front, close by, nearby, 前景中, 近处, 眼前, 近处的'),
};

/** Words that carry no content of their own: they are neither understood nor missed. */
export const FILLERS = words(
  'want, wants, need, needs, i want, i would like, left, right, past, first, firstly, again, 先, 首先, glow, glowing, glows, hue, shade, tint, tinted, open space, empty space, negative space, copy space, one day, still, everything else, but also, leave, keep',
  'a, an, the, this, that, these, those, there, here, is, are, was, were, be, been, being, am, has, have, had, having, do, does, did, will, would, shall, should, can, could, may, might, must',
  'of, in, on, at, by, for, over, under, above, below, behind, beside, between, through, across, along, around, against, toward, towards, within, onto, upon, near, off, out, up, down, back, away, into, from, after, during, until, where, when, which, who, whose, what, how, why, if, so, such, than, too, very, more, most, much, many, some, any, all, each, every, both, own, same, other, another',
  'i, me, my, we, us, our, you, your, its, their, itself, please, like, looks, look, looking, seem, seems, make, show, shows, showing, go, goes, going, gets, get, becomes, full, style, effect, mood, look, feel, feeling, tone, tones, colour, color, colours, colors, light, lights, lighting, lit, weather, time, season, shot, view, wide, new, one, two, three, four, five, it, s, t, not, fall, falls, falling, across, continues, continue, reveal, reveals, revealing, landscape, moves, moving, motion, movement, side, end, beginning',
  '的, 了, 着, 地, 得, 在, 有, 是, 个, 一个, 一, 一位, 一只, 一条, 一座, 一片, 一张, 一艘, 这, 那, 这个, 那个, 我, 我们, 你, 您, 它, 之, 中, 里, 上, 下, 上面, 下面, 里面, 旁边, 周围, 从, 向, 往, 对, 给, 被, 让, 把, 将, 使, 请, 来, 去, 起来, 出, 出来, 进, 成, 为, 以, 于, 由, 吧, 吗, 呢, 啊, 都, 就, 还, 很, 更, 最, 太, 像, 好像, 看, 看到, 显示, 风格, 效果, 不同, 不错, 不断, 不但, 不仅, 不过, 到处, 感觉, 颜色, 色, 色调, 光, 光线, 灯光, 天气, 时间, 继续, 展现, 展示, 露出, 正在, 正, 移动, 运动, 一样, 下的, 中的, 里的, 上的, 其, 与',
);
