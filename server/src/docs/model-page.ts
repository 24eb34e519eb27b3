import type { Face } from '../catalogue/catalogue.ts';
import { mediaSection, parameterSections, priceSection } from '../catalogue/markdown.ts';
import { type Model, usesOf } from '../contract/index.ts';
import type { ShownApi } from './openapi.ts';
import { snippet, snippetChoices, snippetDepths } from './snippets/snippet.ts';

/** A model as one API shows it. */
interface ShownFace {
  readonly title: string;
  readonly face: Face;
}

/** The model that any API calls by this id. */
export function findModel(apis: readonly ShownApi[], id: string): Model | undefined {
  return apis.map(({ faces }) => faces.find(id)).find((face) => face !== undefined)?.model;
}

/** All about a model, in the names of every API; with programs for a server at an address, where there is one. */
export function modelPage(
  model: Model,
  { apis, programsFor }: { readonly apis: readonly ShownApi[]; readonly programsFor?: string },
): string {
  const shown = apis.flatMap(({ dialect, faces }): ShownFace[] => {
    const face = faces.find(model.id);
    return face === undefined ? [] : [{ title: dialect.title, face }];
  });
  return [
    `# ${model.displayName}`,
    `> ${model.summary}`,
    model.description,
    factTable(model, shown),
    ...shown.flatMap(({ title, face }) => [`## Parameters at ${title}`, ...parameterSections(face, '###')]),
    ...mediaSection(model),
    ...priceSection(model),
    ...providerSection(model),
    ...shown.flatMap((one) => sampleSection(one, programsFor)),
    '',
  ].join('\n\n');
}

function factTable(model: Model, shown: readonly ShownFace[]): string {
  const rows = [
    ...shown.map(({ title, face }) => `| Id at ${title} | \`${face.id}\` |`),
    `| Does | ${usesOf(model).join(', ')} |`,
    `| Made by | ${model.developer.name} |`,
    `| Takes | about ${model.typicalSeconds} seconds |`,
  ];
  return ['| | |', '| --- | --- |', ...rows].join('\n');
}

function providerSection({ offers = {} }: Model): readonly string[] {
  const lines = Object.entries(offers).map(([provider, offer]) => {
    const options = offer.options ?? [];
    const honoured = options.length === 0 ? '' : `; follows ${options.map((name) => `\`${name}\``).join(', ')}`;
    return `- ${provider}: as \`${offer.model}\`${honoured}`;
  });
  const standIn =
    'A stand-in that renders on the server itself shows what an app would get, without a model and for free.';
  return ['## Providers', [...lines, ...(lines.length > 0 ? [''] : []), standIn].join('\n')];
}

/** A body that shows the model at its best. */
function sampleSection({ title, face }: ShownFace, baseUrl: string | undefined): readonly string[] {
  return [
    `## Sample at ${title}`,
    fenced('json', JSON.stringify({ model: face.id, ...face.sample }, null, 2)),
    ...(baseUrl === undefined ? [] : programs(face, baseUrl)),
  ];
}

/** Programs that send the shortest body: in every way by curl, and one in each language. */
function programs({ api, id: modelId, schema }: Face, baseUrl: string): readonly string[] {
  const { modes, languages } = snippetChoices(api, { modelId, schema });
  const [depth] = snippetDepths;
  const chosen = modes.flatMap((mode) =>
    languages
      .filter((language) => language === languages[0] || mode === 'Async')
      .map((language) => ({ mode, language })),
  );
  return [
    'The programs below take the key from `REELAY_API_KEY`, send what the model needs and no more, and print where the video is.',
    ...chosen.flatMap(({ mode, language }) => {
      const { text, language: fence } = snippet({ api, mode, depth, language, baseUrl, modelId, schema });
      return [`### ${mode}, ${language}`, fenced(fence, text)];
    }),
  ];
}

function fenced(language: string, text: string): string {
  return `\`\`\`${language}\n${text.trimEnd()}\n\`\`\``;
}
