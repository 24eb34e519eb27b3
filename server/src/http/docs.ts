import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Catalogue } from '../catalogue/catalogue.ts';
import { errorPage } from '../docs/error-page.ts';
import { readGuides } from '../docs/guides.ts';
import { type LlmsInput, llmsIndex, llmsText } from '../docs/llms.ts';
import { findModel, modelPage } from '../docs/model-page.ts';
import { openApiText, type ShownApi } from '../docs/openapi.ts';
import { ReelayError } from '../errors.ts';
import { StaticFile } from './static-file.ts';

export interface DocsOptions {
  readonly catalogue: Catalogue;
  readonly apis: readonly ShownApi[];
  readonly guidesFolder: string;
  readonly publicUrl: () => string;
}

interface ModelParams {
  readonly Params: { readonly id: string };
}

interface GuideParams {
  readonly Params: { readonly name: string };
}

/** Documents made from the catalogue, for people and for programs. They need no key and say nothing of this installation. */
export function registerDocs(app: FastifyInstance, { catalogue, apis, guidesFolder, publicUrl }: DocsOptions): void {
  const openApi = openApiText(apis, publicUrl);
  const documents = new DocumentCache();
  const everything = async (): Promise<LlmsInput> => {
    const guides = await readGuides(guidesFolder);
    return { apis, models: catalogue.models, guides: [...guides.values()], publicUrl: publicUrl() };
  };
  const send = (request: FastifyRequest, reply: FastifyReply, type: string, text: string) =>
    documents.of(text, type).send(request, reply);
  const markdown = 'text/markdown; charset=utf-8';
  const plain = 'text/plain; charset=utf-8';

  app.get('/openapi.json', (request, reply) => send(request, reply, 'application/json', openApi()));
  app.get('/llms.txt', async (request, reply) => send(request, reply, plain, llmsIndex(await everything())));
  app.get('/llms-full.txt', async (request, reply) => send(request, reply, plain, llmsText(await everything())));
  app.get('/docs/errors.md', (request, reply) => send(request, reply, markdown, errorPage()));
  app.get<ModelParams>('/docs/models/:id.md', async (request, reply) => {
    const model = findModel(apis, request.params.id);
    if (model === undefined) throw new ReelayError('not_found', 'there is no such model; /llms.txt lists all');
    return send(request, reply, markdown, modelPage(model, { apis, programsFor: publicUrl() }));
  });
  app.get<GuideParams>('/docs/guides/:name.md', async (request, reply) => {
    const guide = (await readGuides(guidesFolder)).get(request.params.name);
    if (guide === undefined) throw new ReelayError('not_found', 'there is no such guide; /llms.txt lists all');
    return send(request, reply, markdown, guide.text);
  });
}

/** Documents kept with their entity tags and in their compressed form, the latest of them. */
class DocumentCache {
  readonly #files = new Map<string, StaticFile>();

  of(text: string, type: string): StaticFile {
    const known = this.#files.get(text);
    if (known !== undefined) return known;
    if (this.#files.size >= maximumDocuments) this.#files.clear();
    const file = new StaticFile(text, { type, cacheControl: 'no-cache' });
    this.#files.set(text, file);
    return file;
  }
}

/** Documents kept in memory. */
const maximumDocuments = 100;
