import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Catalogue } from '../catalogue/catalogue.ts';
import { errorPage } from '../docs/error-page.ts';
import { guidePath, readGuides } from '../docs/guides.ts';
import { htmlPage, htmlPagePolicy, prefersHtml } from '../docs/html-page.ts';
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
  const openApi = openApiText(apis);
  const documents = new DocumentCache();
  const everything = async (): Promise<LlmsInput> => {
    const guides = await readGuides(guidesFolder);
    return { apis, models: catalogue.models, guides: [...guides.values()], publicUrl: publicUrl() };
  };
  const send = (request: FastifyRequest, reply: FastifyReply, type: string, text: string) =>
    documents.of(text, { type }).send(request, reply);
  const plain = 'text/plain; charset=utf-8';

  /** As Markdown, or as a page where that is preferred. */
  async function sendPage(request: FastifyRequest, reply: FastifyReply, markdown: string): Promise<FastifyReply> {
    const vary = ['Accept'];
    if (!prefersHtml(request.headers.accept)) {
      return documents.of(markdown, { type: 'text/markdown; charset=utf-8', vary }).send(request, reply);
    }
    const root = '../'.repeat(request.url.replace(/[?#].*$/s, '').split('/').length - 2);
    const guides = [...(await readGuides(guidesFolder)).values()];
    const links = guides.map((guide) => ({ title: guide.title, path: guidePath(guide) }));
    const html = htmlPage({ markdown, root, guides: links });
    reply.header('Content-Security-Policy', htmlPagePolicy);
    return documents.of(html, { type: 'text/html; charset=utf-8', vary }).send(request, reply);
  }

  app.get('/openapi.json', async (request, reply) => {
    const { guides } = await everything();
    return send(request, reply, 'application/json', openApi({ guides, publicUrl: publicUrl() }));
  });
  app.get('/llms.txt', async (request, reply) => send(request, reply, plain, llmsIndex(await everything())));
  app.get('/llms-full.txt', async (request, reply) => send(request, reply, plain, llmsText(await everything())));
  app.get('/docs/errors.md', (request, reply) => sendPage(request, reply, errorPage()));
  app.get<ModelParams>('/docs/models/:id.md', async (request, reply) => {
    const model = findModel(apis, request.params.id);
    if (model === undefined) throw new ReelayError('not_found', 'there is no such model; /llms.txt lists all');
    return sendPage(request, reply, modelPage(model, { apis, programsFor: publicUrl() }));
  });
  app.get<GuideParams>('/docs/guides/:name.md', async (request, reply) => {
    const guide = (await readGuides(guidesFolder)).get(request.params.name);
    if (guide === undefined) throw new ReelayError('not_found', 'there is no such guide; /llms.txt lists all');
    return sendPage(request, reply, guide.text);
  });
}

/** Documents kept with their entity tags and in their compressed form, the latest of them. */
class DocumentCache {
  readonly #files = new Map<string, StaticFile>();

  /** The text tells its type: none is handed out as two. */
  of(text: string, about: { readonly type: string; readonly vary?: readonly string[] }): StaticFile {
    const known = this.#files.get(text);
    if (known !== undefined) return known;
    if (this.#files.size >= maximumDocuments) this.#files.clear();
    const file = new StaticFile(text, { ...about, cacheControl: 'no-cache' });
    this.#files.set(text, file);
    return file;
  }
}

/** Documents kept in memory. */
const maximumDocuments = 100;
