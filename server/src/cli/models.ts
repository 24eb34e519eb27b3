import { type Catalogue, loadCatalogue } from '../catalogue/catalogue.ts';
import { type Use, usesOf } from '../contract/index.ts';
import { names } from '../dialects/foxapi/names.ts';
import { clientFromEnvironment } from './api-client.ts';
import { columns, defineCommand, jsonOption } from './command.ts';
import { CliFailure } from './failure.ts';
import { flagRules, flagsOf } from './model-flags.ts';
import { print, printJson, table } from './output.ts';
import { addServerModels } from './server-models.ts';

interface ListedModel {
  readonly id: string;
  readonly owned_by: string;
}

export const models = defineCommand({
  name: 'models',
  summary: 'List the models of the server, or show what one takes',
  positionals: ['[ID]'],
  options: jsonOption,
  examples: ['models', 'models grok-imagine-edit-video'],
  async run({ values: { json }, positionals: [id] }) {
    const client = clientFromEnvironment(process.env);
    const { data } = await client.get<{ readonly data: readonly ListedModel[] }>('/v1/models');
    const catalogue = await loadCatalogue();
    await addServerModels(
      catalogue,
      client,
      data.map((listed) => listed.id),
    );
    if (id !== undefined) return showModel(id, { catalogue, served: data, json: json ?? false });
    const rows = data.map((listed) => {
      const model = catalogue.model(listed.id);
      return {
        id: listed.id,
        operation: model?.operation ?? '',
        uses: model === undefined ? [] : usesOf(model),
        developer: listed.owned_by,
        summary: model?.summary ?? '',
      };
    });
    if (json) printJson(rows);
    else
      print(
        table([
          ['MODEL', 'OPERATION', 'WHAT IT DOES'],
          ...rows.map((row) => [row.id, shortened(row.uses), row.summary]),
        ]),
      );
    return 0;
  },
});

/** The first and how many more: a unified model has more than fit a column. */
function shortened([first, ...more]: readonly Use[]): string {
  return more.length === 0 ? (first ?? '') : `${first} +${more.length}`;
}

function showModel(
  id: string,
  {
    catalogue,
    served,
    json,
  }: { readonly catalogue: Catalogue; readonly served: readonly ListedModel[]; readonly json: boolean },
) {
  const face = catalogue.faces('foxapi', names).find(id);
  if (face === undefined || !served.some((model) => model.id === face.id)) {
    throw new CliFailure(`The server has no model ${id}.`, { advice: '"reelay models" lists what it has.' });
  }
  const { model } = face;
  if (json) {
    printJson({
      id: face.id,
      operation: model.operation,
      uses: usesOf(model),
      description: face.description,
      typicalSeconds: model.typicalSeconds,
      schema: face.schema,
      sample: face.sample,
    });
    return 0;
  }
  const rows = flagsOf(face).map(
    ({ flag, placeholder, description }) => [`--${flag} ${placeholder}`, description] as const,
  );
  print(
    [
      `${face.displayName} (${face.id}): ${usesOf(model).join(', ')}`,
      [face.description, ...flagRules(face)].join('\n'),
      `Options of "reelay generate ${face.id}":\n${columns(rows)}`,
    ].join('\n\n'),
  );
  return 0;
}
