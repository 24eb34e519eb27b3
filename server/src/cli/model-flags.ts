import type { Face, FaceParameter } from '../catalogue/catalogue.ts';
import { ruleSentence } from '../catalogue/rules.ts';
import type { JsonValue } from '../contract/index.ts';
import { usageFailure } from './failure.ts';

/** One parameter of a model as a flag of the command line. */
export interface ModelFlag {
  readonly flag: string;
  readonly placeholder: string;
  readonly description: string;
  /** Taken several times. */
  readonly multiple: boolean;
  readonly parameter: FaceParameter;
}

/** Shorter than the API's names, since a file may stand where the API takes only its URL. */
const shortNames: { readonly [field in NonNullable<FaceParameter['field']>]?: string } = {
  video: 'video',
  image: 'image',
  lastImage: 'last-image',
  images: 'image',
  references: 'reference',
  audio: 'audio',
};

export function flagsOf(face: Face): readonly ModelFlag[] {
  return face.parameters.map((parameter) => ({
    flag: flagOf(parameter),
    placeholder: placeholderOf(parameter),
    description: describe(parameter),
    multiple: parameter.type === 'url-list',
    parameter,
  }));
}

function flagOf({ field, name }: FaceParameter): string {
  return (field && shortNames[field]) ?? name.replaceAll('_', '-');
}

/** What flags have to do with each other, a sentence each. */
export function flagRules(face: Face): readonly string[] {
  return face.rules.map((rule) => ruleSentence(rule, (parameter) => `--${flagOf(parameter)}`));
}

export function isMedia({ type }: FaceParameter): boolean {
  return type === 'url' || type === 'url-list';
}

/** Characters of choices that are shown in the place of a value. */
const shownChoices = 20;

function placeholderOf({ type, enum: choices }: FaceParameter): string {
  const choice = choices?.join('|') ?? '';
  if (choice !== '' && choice.length <= shownChoices) return choice;
  const placeholders = {
    string: 'TEXT',
    integer: 'N',
    number: 'N',
    boolean: 'true|false',
    url: 'FILE|URL',
    'url-list': 'FILE|URL',
  };
  return placeholders[type];
}

function describe(parameter: FaceParameter): string {
  const { required, enum: choices, minimum, maximum, step, default: fallback, type } = parameter;
  const facts = [
    ...(required ? ['required'] : []),
    ...(choices && placeholderOf(parameter) === 'TEXT' ? [`one of ${choices.join(', ')}`] : []),
    ...(minimum !== undefined && maximum !== undefined ? [`${minimum} to ${maximum}`] : []),
    ...(step === undefined ? [] : [`${minimum ?? 0} plus a multiple of ${step}`]),
    ...(type === 'url-list' ? ['may be given several times'] : []),
    ...(fallback === undefined ? [] : [`default ${String(fallback)}`]),
  ];
  const text = isMedia(parameter)
    ? parameter.description.replace(/^Publicly accessible URLs? of /, '')
    : parameter.description;
  const sentence = text.charAt(0).toUpperCase() + text.slice(1);
  return facts.length === 0 ? sentence : `${sentence} (${facts.join('; ')})`;
}

/** A flag's text as the JSON value that the API takes; whether it may have that value the server says. */
export function parameterValue({ flag, parameter }: ModelFlag, text: string): JsonValue {
  switch (parameter.type) {
    case 'integer':
      if (!/^-?\d+$/.test(text)) throw usageFailure(`--${flag} must be an integer, not ${JSON.stringify(text)}`);
      return Number(text);
    case 'number':
      if (text.trim() === '' || !Number.isFinite(Number(text)))
        throw usageFailure(`--${flag} must be a number, not ${JSON.stringify(text)}`);
      return Number(text);
    case 'boolean':
      if (text !== 'true' && text !== 'false')
        throw usageFailure(`--${flag} must be true or false, not ${JSON.stringify(text)}`);
      return text === 'true';
    default:
      return text;
  }
}
