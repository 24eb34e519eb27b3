import type { InputRules, Model, Property } from '../api.ts';
import { RichText } from '../form/field-frame.tsx';
import { length, usd, words } from '../format.ts';
import { ArrowIcon } from '../icons.tsx';
import { serverUrl } from '../server-url.ts';

/** What there is to know about a model: what it does, what it takes, what it costs, who can run it. */
export function ModelNotes({ model }: { readonly model: Model }) {
  return (
    <div className="notes">
      {model.description.split(/\n{2,}/).map((paragraph) => (
        <p key={paragraph} className="notes-text">
          <RichText text={paragraph} />
        </p>
      ))}
      <dl className="facts">
        <Fact name="Developer">{model.developer.name}</Fact>
        <Fact name="Model id">
          <code>{model.id}</code>
        </Fact>
        <Fact name="Takes about">{length(model.typical_seconds)}</Fact>
        <Fact name="Can run on">
          {model.providers.length > 0 ? model.providers.join(', ') : 'no configured provider'}
        </Fact>
        {model.provider_problem !== undefined && <Fact name="Right now">{model.provider_problem}</Fact>}
      </dl>
      <Media model={model} />
      <Prices model={model} />
      <ParameterTable model={model} />
      <a
        className="text-link"
        href={`${serverUrl}/docs/models/${encodeURIComponent(model.id)}.md`}
        target="_blank"
        rel="noreferrer"
      >
        The page of this model in the documentation <ArrowIcon size={14} />
      </a>
    </div>
  );
}

function Fact({ name, children }: { readonly name: string; readonly children: React.ReactNode }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

function Media({ model }: { readonly model: Model }) {
  const ruled = Object.entries(model.schema.properties).flatMap(([name, property]) => {
    const sentences = rulesInWords(property['x-media-rules']);
    return sentences.length > 0 ? [{ title: property.title ?? words(name), sentences }] : [];
  });
  if (ruled.length === 0) return null;
  return (
    <section>
      <h2>Media</h2>
      {ruled.map(({ title, sentences }) => (
        <div key={title} className="notes-rule">
          <h3>{title}</h3>
          <ul>
            {sentences.map((sentence) => (
              <li key={sentence}>{sentence}</li>
            ))}
          </ul>
        </div>
      ))}
    </section>
  );
}

const codecNames: Readonly<Record<string, string>> = {
  h264: 'H.264',
  hevc: 'H.265',
  av1: 'AV1',
  vp9: 'VP9',
  vp8: 'VP8',
};

function rulesInWords({ require = {}, normalise = {} }: InputRules = {}): readonly string[] {
  const { containers, videoCodecs, durationSeconds, aspectRatios } = require;
  const { fitWithin, shortSide, maximumSeconds } = normalise;
  return [
    containers && `${containers.join(', ').toUpperCase()} files.`,
    videoCodecs && `Encoded as ${videoCodecs.map((codec) => codecNames[codec] ?? codec).join(', ')}.`,
    durationSeconds && `${durationSeconds.minimum} to ${durationSeconds.maximum} seconds long.`,
    aspectRatios && `Shaped ${aspectRatios.join(' or ')}.`,
    fitWithin && `Scaled down to ${fitWithin.longSide} × ${fitWithin.shortSide} where it is larger.`,
    shortSide && `Scaled so that its short side has ${shortSide.minimum} to ${shortSide.maximum} pixels.`,
    maximumSeconds !== undefined && `Cut to its first ${maximumSeconds} seconds where it is longer.`,
  ].filter((sentence) => typeof sentence === 'string');
}

function Prices({ model: { pricing } }: { readonly model: Model }) {
  const { per_output_second: plain, per_output_second_with_audio: sound, per_input_image: image } = pricing;
  return (
    <section>
      <h2>Price</h2>
      <table className="table">
        <thead>
          <tr>
            <th scope="col">Resolution</th>
            <th scope="col">One second</th>
            {sound && <th scope="col">With sound</th>}
          </tr>
        </thead>
        <tbody>
          {Object.entries(plain).map(([resolution, price]) => (
            <tr key={resolution}>
              <th scope="row">{resolution === 'auto' ? 'any' : resolution}</th>
              <td>{usd(price)}</td>
              {sound && <td>{sound[resolution] === undefined ? '–' : usd(sound[resolution])}</td>}
            </tr>
          ))}
        </tbody>
      </table>
      <p className="faint">
        {image !== undefined && `${usd(image)} for each input picture. `}
        List prices of {pricing.source.replace(/^https?:\/\//, '')}. A stand-in costs nothing.
      </p>
    </section>
  );
}

function ParameterTable({ model: { schema } }: { readonly model: Model }) {
  return (
    <section>
      <h2>Parameters</h2>
      <table className="table">
        <thead>
          <tr>
            <th scope="col">Name</th>
            <th scope="col">Values</th>
            <th scope="col">Default</th>
          </tr>
        </thead>
        <tbody>
          {Object.entries(schema.properties).map(([name, property]) => (
            <tr key={name}>
              <th scope="row">
                <code>{name}</code>
                {schema.required?.includes(name) && <span className="faint"> required</span>}
              </th>
              <td>{valuesInWords(property)}</td>
              <td>{property.default === undefined ? '–' : String(property.default)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

function valuesInWords(property: Property): string {
  const { enum: choices, minimum, maximum, minLength, maxLength, minItems, maxItems, type, format } = property;
  if (choices !== undefined) return choices.map(String).join(', ');
  if (minimum !== undefined && maximum !== undefined) return `${minimum} to ${maximum.toLocaleString('en')}`;
  if (type === 'array') return `${minItems ?? 0} to ${maxItems ?? 'any number of'} URLs`;
  if (format === 'uri') return 'URL';
  if (maxLength !== undefined) return `${minLength ?? 0} to ${maxLength.toLocaleString('en')} characters`;
  return type === 'boolean' ? 'true, false' : type;
}
