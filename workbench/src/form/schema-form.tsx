import { type ClipboardEvent, useId, useState } from 'react';
import type { JsonValue, Model, Values } from '../api.ts';
import { ChevronIcon } from '../icons.tsx';
import { ChoiceField } from './choice-field.tsx';
import type { Faults } from './faults.ts';
import { isVideo } from './faults.ts';
import type { FieldProps } from './field-frame.tsx';
import { MediaField, MediaListField } from './media-field.tsx';
import { acceptedFiles } from './media-file.ts';
import type { Parameter } from './parameters.ts';
import { PromptField } from './prompt-field.tsx';
import type { Uploads } from './use-uploads.ts';
import { JsonField, NumberField, SwitchField, TextField } from './value-fields.tsx';

interface FormProps {
  readonly model: Model;
  readonly parameters: readonly Parameter[];
  readonly values: Values;
  readonly faults: Faults;
  readonly uploads: Uploads;
  readonly onChange: (name: string, value: JsonValue | undefined) => void;
  readonly onSample: () => void;
}

/** The form that a model's schema describes. */
export function SchemaForm(props: FormProps) {
  const { parameters, values, uploads } = props;
  const usual = parameters.filter(({ property }) => property['x-advanced'] !== true);
  const advanced = parameters.filter(({ property }) => property['x-advanced'] === true);
  // A pasted file goes into the first field that has room for its kind, wherever the cursor is.
  const onPaste = (event: ClipboardEvent) => {
    const [file] = event.clipboardData.files;
    const kind = file?.type.startsWith('video/') ? 'video' : 'image';
    const field = parameters.find((parameter) => hasRoom(parameter, values, kind));
    if (file === undefined || field === undefined) return;
    event.preventDefault();
    void uploads.start(field.name, acceptedFiles(field.property), file);
  };
  return (
    <div className="form" onPaste={onPaste}>
      {usual.map((parameter) => (
        <Field key={parameter.name} {...props} parameter={parameter} />
      ))}
      {advanced.length > 0 && <Advanced {...props} parameters={advanced} />}
    </div>
  );
}

function hasRoom({ control, name, property, demand }: Parameter, values: Values, kind: 'video' | 'image'): boolean {
  if ((kind === 'video') !== isVideo(property)) return false;
  const value = values[name];
  if (control === 'media') return value === undefined;
  const most = demand.maxItems ?? property.maxItems ?? Number.POSITIVE_INFINITY;
  return control === 'media-list' && (Array.isArray(value) ? value.length : 0) < most;
}

function Advanced(props: FormProps) {
  const { parameters, values, faults } = props;
  const [isOpen, setOpen] = useState(false);
  const id = useId();
  const set = parameters.filter(({ name }) => values[name] !== undefined).length;
  const isFaulty = parameters.some(({ name }) => faults[name] !== undefined);
  const open = isOpen || isFaulty;
  return (
    <section className="advanced">
      <button
        type="button"
        className="advanced-toggle"
        aria-expanded={open}
        aria-controls={id}
        onClick={() => setOpen(!open)}
      >
        <ChevronIcon size={15} /> Advanced
        <span className="count">{set > 0 ? `${set} set` : parameters.length}</span>
      </button>
      <div id={id} className="form" hidden={!open}>
        {parameters.map((parameter) => (
          <Field key={parameter.name} {...props} parameter={parameter} />
        ))}
      </div>
    </section>
  );
}

function Field({
  parameter,
  values,
  faults,
  uploads,
  onChange,
  onSample,
}: FormProps & { readonly parameter: Parameter }) {
  const { name, control, property } = parameter;
  const props: FieldProps = {
    parameter,
    value: values[name],
    fault: faults[name],
    onChange: (value) => onChange(name, value),
  };
  switch (control) {
    case 'media':
      return <MediaField {...props} uploads={uploads} />;
    case 'media-list':
      return <MediaListField {...props} uploads={uploads} />;
    case 'prompt':
      return <PromptField {...props} onSample={property['x-parameter'] === 'prompt' ? onSample : undefined} />;
    case 'choice':
      return <ChoiceField {...props} />;
    case 'switch':
      return <SwitchField {...props} />;
    case 'number':
      return <NumberField {...props} />;
    case 'text':
      return <TextField {...props} />;
    case 'json':
      return <JsonField {...props} />;
    default:
      return control satisfies never;
  }
}
