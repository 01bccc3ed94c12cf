/** Form fields: a label, a hint and what is wrong, tied to their input. */

import type { Signal } from "@preact/signals";
import type { ComponentChildren, TargetedEvent } from "preact";
import { useId } from "preact/hooks";

interface FieldProps {
  readonly label: string;
  readonly hint?: ComponentChildren;
  readonly error?: string | null | undefined;
}

interface TextProps extends FieldProps {
  readonly value: Signal<string>;
  readonly type?: "text" | "datetime-local";
  readonly placeholder?: string;
  readonly disabled?: boolean;
}

interface Ties {
  readonly id: string;
  readonly "aria-describedby": string | undefined;
  readonly "aria-invalid": true | undefined;
}

function Field({
  label,
  hint,
  error,
  children,
}: FieldProps & { readonly children: (ties: Ties) => ComponentChildren }) {
  const id = useId();
  const described = [hint ? `${id}-hint` : "", error ? `${id}-error` : ""].filter(Boolean).join(" ");
  return (
    <div class="field">
      <label for={id}>{label}</label>
      {children({ id, "aria-describedby": described || undefined, "aria-invalid": error ? true : undefined })}
      {hint ? (
        <span class="hint" id={`${id}-hint`}>
          {hint}
        </span>
      ) : null}
      {error ? (
        <span class="wrong" id={`${id}-error`}>
          {error}
        </span>
      ) : null}
    </div>
  );
}

export function TextField({ value, type = "text", placeholder, disabled, ...field }: TextProps): ComponentChildren {
  return (
    <Field {...field}>
      {(ties) => (
        <input
          {...ties}
          // The types of inputs tell kinds apart by what this one has none of.
          type={type as "text"}
          step={type === "datetime-local" ? 1 : undefined}
          value={value.value}
          placeholder={placeholder}
          disabled={disabled === true}
          autocomplete="off"
          spellcheck={false}
          onInput={(event: TargetedEvent<HTMLInputElement>) => {
            value.value = event.currentTarget.value;
          }}
        />
      )}
    </Field>
  );
}

interface AreaProps extends FieldProps {
  readonly value: Signal<string>;
  readonly rows?: number;
  readonly onElement?: (element: HTMLTextAreaElement | null) => void;
}

export function AreaField({ value, rows = 12, onElement, ...field }: AreaProps): ComponentChildren {
  return (
    <Field {...field}>
      {(ties) => (
        <textarea
          {...ties}
          ref={onElement ?? null}
          class="json-text"
          rows={rows}
          wrap="off"
          autocomplete="off"
          autocapitalize="off"
          spellcheck={false}
          value={value.value}
          onInput={(event: TargetedEvent<HTMLTextAreaElement>) => {
            value.value = event.currentTarget.value;
          }}
        />
      )}
    </Field>
  );
}

interface SelectProps extends FieldProps {
  readonly value: Signal<string>;
  /** Values, and what each is called. */
  readonly options: Readonly<Record<string, string>>;
}

export function SelectField({ value, options, ...field }: SelectProps): ComponentChildren {
  return (
    <Field {...field}>
      {(ties) => (
        <select
          {...ties}
          value={value.value}
          onChange={(event: TargetedEvent<HTMLSelectElement>) => {
            value.value = event.currentTarget.value;
          }}
        >
          {Object.entries(options).map(([name, label]) => (
            <option key={name} value={name}>
              {label}
            </option>
          ))}
        </select>
      )}
    </Field>
  );
}

interface CheckProps {
  readonly label: string;
  readonly value: Signal<boolean>;
}

export function CheckField({ label, value }: CheckProps): ComponentChildren {
  return (
    <label class="check">
      <input
        type="checkbox"
        checked={value.value}
        onChange={(event: TargetedEvent<HTMLInputElement>) => {
          value.value = event.currentTarget.checked;
        }}
      />
      <span>{label}</span>
    </label>
  );
}
