import type { FastifyInstance, FastifyRequest } from 'fastify';
import { mayUse } from '../../access/rights.ts';
import type { Face } from '../../catalogue/catalogue.ts';
import type { JsonObject, Model } from '../../contract/index.ts';
import { ReelayError } from '../../errors.ts';
import type { DialectDependencies } from '../dialect.ts';
import { invalidParameters } from '../intake.ts';
import type { CallerOf } from '../require-key.ts';
import { faceOrNotFound, readTexts } from './request.ts';

interface ModelParams {
  readonly Params: { readonly id: string };
}

type Query = Readonly<Record<string, unknown>>;

/** What answers without a key: the list, one model, and the older registry that Oxen's page generator reads. */
export function registerOpenModels(app: FastifyInstance, { faces }: DialectDependencies): void {
  app.get('/ai/models', async (request) => {
    const names = readTexts(request.query as Query, ['developer_name', 'provider_name']);
    // Oxen's provider is the vendor behind the model; who runs it here is the operator's choice, task by task.
    return listBody(faces.all.filter((face) => isBy(face, names.developer_name) && isBy(face, names.provider_name)));
  });

  app.get<ModelParams>('/ai/models/:id', async (request) => {
    const { deployment_status: status } = readTexts(request.query as Query, ['deployment_status']);
    if (status !== undefined && status !== 'live') {
      throw invalidParameters([{ field: 'deployment_status', message: 'must be live' }]);
    }
    return modelBody(faceOrNotFound(request.params.id, faces));
  });

  app.get('/evaluations/models', async () => ({ models: faces.all.map(evaluationModel) }));
}

export function registerModels(app: FastifyInstance, dependencies: DialectDependencies, callerOf: CallerOf): void {
  const { faces, favorites } = dependencies;
  const allowed = (request: FastifyRequest) => faces.all.filter(({ model }) => mayUse(callerOf(request), model.id));

  app.get('/ai/models/search', async (request) => {
    const { search } = readTexts(request.query as Query, ['search']);
    if (search === undefined || search.trim() === '') {
      throw invalidParameters([{ field: 'search', message: 'is required' }]);
    }
    return listBody(allowed(request).filter((face) => mentions(face, search.trim().toLowerCase())));
  });

  app.get('/ai/models/featured', async (request) =>
    listBody(allowed(request).filter(({ id, model }) => id !== model.id)),
  );

  app.get('/ai/models/favorites', async (request) => {
    const marked = await favorites.list(callerOf(request).accountId);
    return listBody(allowed(request).filter(({ model }) => marked.has(model.id)));
  });

  for (const method of ['POST', 'DELETE'] as const) {
    app.route<ModelParams>({
      method,
      url: '/ai/models/:id/favorite',
      handler: async (request) => {
        const face = faceOrNotFound(request.params.id, faces);
        const { accountId } = callerOf(request);
        await (method === 'POST'
          ? favorites.add(accountId, face.model.id)
          : favorites.remove(accountId, face.model.id));
        return modelBody(face);
      },
    });
    app.route<ModelParams>({
      method: method === 'POST' ? 'PUT' : method,
      url: '/ai/models/:id',
      handler: async (request) => {
        const { id } = faceOrNotFound(request.params.id, faces);
        throw new ReelayError('not_served_here', `${id} is a base model; this server has no custom models to change`);
      },
    });
  }

  // Base models need no deployment: they are as active before as after.
  for (const action of ['activate', 'deactivate']) {
    app.post<ModelParams>(`/ai/models/:id/${action}`, async (request) =>
      modelBody(faceOrNotFound(request.params.id, faces)),
    );
  }
}

function isBy({ model }: Face, name: string | undefined): boolean {
  const wanted = name?.toLowerCase();
  return wanted === undefined || [model.developer.slug, model.developer.name.toLowerCase()].includes(wanted);
}

function mentions({ id, displayName, description, model }: Face, text: string): boolean {
  return [id, displayName, description, model.id, model.summary, model.developer.name].some((part) =>
    part.toLowerCase().includes(text),
  );
}

function listBody(faces: readonly Face[]): JsonObject {
  return { object: 'list', data: faces.map(modelBody) };
}

/** Oxen's model object. Its schema goes by both names that Oxen has published for it. */
export function modelBody(face: Face): JsonObject {
  const { model } = face;
  const schema = requestSchema(face);
  return {
    id: face.id,
    object: 'model',
    created: model.created,
    owned_by: 'oxen',
    display_name: face.displayName,
    description: face.description,
    summary: model.summary,
    model_type: 'base',
    endpoint: '/videos/generate',
    capabilities: capabilitiesOf(model),
    pricing: pricingOf(face),
    fine_tuning: null,
    deployments: [],
    developer: { name: model.developer.slug, logo: null },
    source_model: null,
    image_url: null,
    released_at: null,
    request_schema: schema,
    json_request_schema: schema,
    showcase: null,
  };
}

function evaluationModel(face: Face): JsonObject {
  const { model } = face;
  const maker = { name: model.developer.slug, display_name: model.developer.name };
  return {
    name: face.id,
    canonical_name: model.id,
    display_name: face.displayName,
    description: face.description,
    summary: model.summary,
    capabilities: capabilitiesOf(model),
    json_request_schema: requestSchema(face),
    provider: maker,
    developer: maker,
    can_run_inference: true,
    deprecated: false,
    model_type: 'base',
    is_fine_tuneable: false,
    fine_tune_schemas: [],
  };
}

/** The queue takes parameters that are not in it, so the published schema does not forbid them. */
function requestSchema({ schema }: Face): JsonObject {
  const { additionalProperties: _closed, ...open } = schema;
  return open;
}

const pictures = ['image', 'lastImage', 'references', 'images'] as const;

/** What any of the model's uses takes. */
function capabilitiesOf({ parameters }: Model): JsonObject {
  const hasPictures = pictures.some((field) => parameters[field] !== undefined);
  return {
    input: ['text', ...(hasPictures ? ['image'] : []), ...(parameters.video ? ['video'] : [])],
    output: ['video'],
  };
}

/** The vendor's list prices; the local provider costs nothing. */
function pricingOf({ model, parameters }: Face): JsonObject {
  const { perOutputSecond, perOutputSecondWithAudio } = model.price;
  const usual = String(parameters.find(({ field }) => field === 'resolution')?.default ?? 'auto');
  const resolutions = Object.entries(perOutputSecond).filter(([resolution]) => resolution !== 'auto');
  return {
    method: 'per_video_output_second',
    cost_per_second: perSecond(perOutputSecond, usual),
    ...(perOutputSecondWithAudio && { cost_per_second_with_audio: perSecond(perOutputSecondWithAudio, usual) }),
    ...(resolutions.length > 0 && {
      cost_per_second_by_resolution: Object.fromEntries(
        resolutions.map(([resolution, micros]) => [resolution, micros / 1_000_000]),
      ),
    }),
  };
}

function perSecond(table: Model['price']['perOutputSecond'], resolution: string): number {
  return (table[resolution] ?? Math.max(...Object.values(table))) / 1_000_000;
}
