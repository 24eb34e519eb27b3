/**
 * The words the local renderer understands, English and Chinese. To teach it a word, add it to a row. Within a table a
 * row that stands earlier wins where `firstOf` is used, so the more specific row comes first. English entries match
 * whole words in any case; an English plural needs no entry of its own.
 */

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

export const CAMERA_MOVES: Lexicon<CameraMove> = {
  still: [
    'static camera',
    'static shot',
    'locked-off',
    'locked off',
    'tripod',
    'camera stays still',
    '固定镜头',
    '镜头固定',
    '镜头不动',
  ],
  orbit: [
    'orbit',
    'orbits',
    'orbiting',
    'circles around',
    'circling',
    'arc shot',
    'rotates around',
    '环绕',
    '绕着',
    '旋转镜头',
  ],
  'pan-left': [
    ...['pan left', 'pans left', 'panning left', 'pan to the left', 'pans to the left', 'panning to the left'],
    ...['move left', 'moves left', 'moving left', 'moves to the left', 'truck left', 'tracks left', 'slides left'],
    ...['向左', '左移', '左摇'],
  ],
  'pan-right': [
    ...['pan right', 'pans right', 'panning right', 'pan to the right', 'pans to the right', 'panning to the right'],
    ...[
      'move right',
      'moves right',
      'moving right',
      'moves to the right',
      'truck right',
      'tracks right',
      'slides right',
    ],
    ...['向右', '右移', '右摇'],
  ],
  'tilt-up': [
    'tilt up',
    'tilts up',
    'tilting up',
    'looks up',
    'crane up',
    'rises',
    'camera rises',
    '上摇',
    '向上',
    '上移',
    '升镜头',
  ],
  'tilt-down': [
    'tilt down',
    'tilts down',
    'tilting down',
    'looks down',
    'crane down',
    'descends',
    '下摇',
    '向下',
    '下移',
    '降镜头',
  ],
  'pull-out': [
    ...['zoom out', 'zooms out', 'zooming out', 'pull out', 'pulls out', 'pull back', 'pulls back', 'pulling back'],
    ...[
      'dolly out',
      'moves back',
      'move back',
      'backs away',
      'wider',
      '拉远',
      '拉出',
      '缩小',
      '后退',
      '拉镜头',
      '远离',
    ],
  ],
  'push-in': [
    ...[
      'zoom in',
      'zooms in',
      'zooming in',
      'push in',
      'pushes in',
      'pushing in',
      'dolly in',
      'dollies in',
      'moves in',
    ],
    ...[
      'moves forward',
      'move forward',
      'flies forward',
      'fly over',
      'flies over',
      'flying over',
      'closer',
      'close-up',
    ],
    ...['推进', '推近', '放大', '拉近', '靠近', '前进', '推镜头', '飞越'],
  ],
  handheld: ['handheld', 'hand-held', 'shaky', 'shaking camera', '手持', '晃动'],
  pan: [
    'pan',
    'pans',
    'panning',
    'sweeps',
    'sweeping shot',
    'tracking shot',
    'moves across',
    '平移',
    '摇镜',
    '横移',
    '扫过',
  ],
};

export const SLOW_WORDS = ['slowly', 'slow', 'gently', 'gentle', 'calm', 'gradually', '缓慢', '慢慢', '缓缓', '轻轻'];
export const FAST_WORDS = ['fast', 'quickly', 'quick', 'rapidly', 'rapid', 'swiftly', '快速', '迅速', '急速'];

export type SceneName = 'sea' | 'mountains' | 'city' | 'forest' | 'field' | 'desert' | 'snowfield' | 'space' | 'aurora';

export const SCENES: Lexicon<SceneName> = {
  aurora: ['aurora', 'northern lights', 'aurora borealis', '极光'],
  space: [
    'space',
    'outer space',
    'galaxy',
    'galaxies',
    'planet',
    'nebula',
    'cosmos',
    'universe',
    'astronaut',
    '太空',
    '宇宙',
    '星系',
    '银河',
    '星球',
    '行星',
  ],
  sea: [
    ...[
      'sea',
      'ocean',
      'beach',
      'wave',
      'waves',
      'coast',
      'shore',
      'seaside',
      'sail',
      'sailing',
      'ship',
      'boat',
      'island',
    ],
    ...['大海', '海洋', '海面', '海边', '海滩', '海浪', '沙滩', '海岸', '海'],
  ],
  city: [
    ...[
      'city',
      'cities',
      'skyline',
      'skyscraper',
      'downtown',
      'street',
      'urban',
      'cyberpunk',
      'building',
      'traffic',
      'town',
    ],
    ...['城市', '都市', '天际线', '高楼', '街道', '摩天', '夜景', '赛博朋克'],
  ],
  desert: ['desert', 'dune', 'dunes', 'sahara', '沙漠', '沙丘', '戈壁'],
  snowfield: [
    'snowfield',
    'snowy field',
    'tundra',
    'arctic',
    'antarctica',
    'glacier',
    'snowy',
    'winter',
    '雪原',
    '雪地',
    '冰川',
    '冬天',
    '冬季',
  ],
  forest: [
    'forest',
    'woods',
    'woodland',
    'jungle',
    'tree',
    'trees',
    'pine',
    'rainforest',
    '森林',
    '树林',
    '丛林',
    '树木',
    '树',
  ],
  mountains: [
    ...[
      'mountain',
      'mountains',
      'mountain range',
      'hill',
      'peak',
      'valley',
      'cliff',
      'lake',
      'river',
      'alps',
      'canyon',
    ],
    ...['山', '山脉', '群山', '山峰', '山谷', '湖', '河'],
  ],
  field: [
    'field',
    'meadow',
    'grass',
    'grassland',
    'prairie',
    'farm',
    'countryside',
    'flower',
    'wheat',
    '田野',
    '草地',
    '草原',
    '麦田',
    '花',
    '乡村',
  ],
};

export const LAKE_WORDS = ['lake', 'river', 'pond', 'reflection', 'water', 'fjord', '湖', '河', '水面', '倒影', '池塘'];

export type SkyName = 'day' | 'sunset' | 'dawn' | 'night' | 'storm' | 'overcast' | 'aurora';

export const SKIES: Lexicon<SkyName> = {
  aurora: ['aurora', 'northern lights', '极光'],
  storm: [
    'storm',
    'stormy',
    'thunderstorm',
    'thunder',
    'dark clouds',
    'ominous',
    '暴风雨',
    '雷雨',
    '乌云',
    '风暴',
    '雷暴',
  ],
  sunset: [
    'sunset',
    'dusk',
    'golden hour',
    'evening',
    'twilight',
    'sundown',
    '日落',
    '夕阳',
    '黄昏',
    '晚霞',
    '傍晚',
    '落日',
  ],
  dawn: ['sunrise', 'dawn', 'daybreak', 'early morning', 'morning', '日出', '黎明', '清晨', '朝霞', '早晨', '晨光'],
  night: [
    'night',
    'night-time',
    'nighttime',
    'midnight',
    'starry',
    'stars',
    'moon',
    'moonlight',
    'moonlit',
    '夜',
    '星空',
    '月光',
    '月亮',
    '深夜',
    '繁星',
  ],
  overcast: ['overcast', 'cloudy sky', 'grey sky', 'gray sky', 'gloomy', '阴天', '多云', '阴沉'],
  day: [
    'day',
    'daytime',
    'daylight',
    'noon',
    'sunny',
    'clear sky',
    'blue sky',
    'clear blue',
    'sunlight',
    '白天',
    '晴',
    '蓝天',
    '阳光',
    '正午',
    '晴朗',
  ],
};

export const SKY_WORDS = ['sky', 'skies', 'cloud', 'clouds', 'heaven', '天空', '云'];

export type Weather = 'snow' | 'rain' | 'fog';

export const WEATHERS: Lexicon<Weather> = {
  snow: ['snow', 'snowing', 'snowfall', 'snowflake', 'snowy', 'blizzard', 'winter', '下雪', '雪', '飘雪', '冬天'],
  rain: ['rain', 'raining', 'rainy', 'drizzle', 'downpour', 'rainstorm', 'rainfall', '下雨', '雨', '暴雨'],
  fog: ['fog', 'foggy', 'mist', 'misty', 'haze', 'hazy', '雾', '薄雾', '大雾', '雾气'],
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
  'black-and-white': [
    'black and white',
    'black-and-white',
    'monochrome',
    'grayscale',
    'greyscale',
    'noir',
    '黑白',
    '单色',
  ],
  sepia: ['sepia', 'vintage', 'retro', 'old film', 'nostalgic', 'faded', '复古', '怀旧', '老电影', '泛黄'],
  watercolour: ['watercolour', 'watercolor', 'aquarelle', '水彩'],
  pencil: ['pencil', 'sketch', 'drawing', 'charcoal', 'line art', '铅笔', '素描', '手绘', '线稿'],
  'oil-painting': [
    'oil painting',
    'oil paint',
    'oil-painting',
    'painting',
    'painterly',
    'van gogh',
    'impressionist',
    '油画',
    '印象派',
    '梵高',
  ],
  cartoon: [
    'cartoon',
    'anime',
    'comic',
    'cel shaded',
    'cel-shaded',
    'animated style',
    'ghibli',
    '卡通',
    '动漫',
    '动画',
    '漫画',
  ],
  neon: ['neon', 'cyberpunk', 'synthwave', 'vaporwave', '霓虹', '赛博朋克'],
  warmer: ['warm', 'warmer', 'golden', 'cozy', 'cosy', '温暖', '暖色', '暖'],
  colder: ['cold', 'colder', 'cool', 'cooler', 'icy', 'bluish', '寒冷', '冷色', '冷'],
  vivid: ['vivid', 'vibrant', 'saturated', 'colorful', 'colourful', '鲜艳', '绚丽', '多彩'],
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
  red: ['red', 'crimson', 'scarlet', '红色', '红'],
  orange: ['orange', 'amber', '橙色', '橙', '橘色'],
  yellow: ['yellow', 'gold', 'golden', '黄色', '金色', '金黄'],
  green: ['green', 'emerald', '绿色', '绿'],
  teal: ['teal', 'cyan', 'turquoise', '青色'],
  blue: ['blue', 'azure', '蓝色', '蓝'],
  purple: ['purple', 'violet', 'lavender', 'magenta', '紫色', '紫'],
  pink: ['pink', 'rose', '粉色', '粉红', '粉'],
  white: ['white', '白色'],
  black: ['black', '黑色'],
};

export const WIND_WORDS = [
  'wind',
  'windy',
  'breeze',
  'sway',
  'sways',
  'swaying',
  'blowing',
  'rustle',
  'rustling',
  '风',
  '微风',
  '吹',
  '摇曳',
  '飘动',
];
