import type { Face } from '../catalogue/catalogue.ts';
import { mediaSection, parameterSections, priceSection } from '../catalogue/markdown.ts';
import { type Model, usesOf } from '../contract/index.ts';
import type { ShownApi } from './openapi.ts';

/** A model as one API shows it. */
interface ShownFace {
  readonly title: string;
  readonly face: Face;
}

/** The model that any API calls by this id. */
export function findModel(apis: readonly ShownApi[], id: string): Model | undefined {
  return apis.map(({ faces }) => faces.find(id)).find((face) => face !== undefined)?.model;
}

/** All about a model, in the names of every API. */
export function modelPage(apis: readonly ShownApi[], model: Model): string {
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
    ...shown.flatMap(sampleSection),
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

function sampleSection({ title, face }: ShownFace): readonly string[] {
  const body = JSON.stringify({ model: face.id, ...face.sample }, null, 2);
  return [`## Sample request at ${title}`, `\`\`\`json\n${body}\n\`\`\``];
}
