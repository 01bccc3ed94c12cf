/** A field for JSON that says where it is wrong while one types, and lays it out. */

import type { Signal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { AreaField } from "./fields.tsx";
import { formatJson } from "./json.ts";
import { type Flaw, flawOf, flawText } from "./json-flaw.ts";

interface JsonEditorProps {
  readonly label: string;
  readonly value: Signal<string>;
  readonly rows?: number;
  readonly hint?: string;
  /** An empty field is fine, and means that nothing is given. */
  readonly optional?: boolean;
  /** It takes the focus as it appears. */
  readonly isFirst?: boolean;
}

/** What is wrong with the text of such a field. */
export const editedFlaw = (text: string, optional = false): Flaw | null =>
  optional && text.trim() === "" ? null : flawOf(text);

export function JsonEditor({
  label,
  value,
  rows,
  hint,
  optional = false,
  isFirst,
}: JsonEditorProps): ComponentChildren {
  const area = useRef<HTMLTextAreaElement | null>(null);
  useEffect(() => {
    if (isFirst) area.current?.focus();
  }, []);
  const flaw = editedFlaw(value.value, optional);
  const goTo = (offset: number): void => {
    area.current?.focus();
    area.current?.setSelectionRange(offset, Math.min(offset + 1, value.value.length));
  };
  return (
    <div class="json-editor">
      <AreaField
        label={label}
        value={value}
        rows={rows ?? 12}
        hint={hint}
        error={flaw === null ? null : flawText(flaw)}
        onElement={(element) => {
          area.current = element;
        }}
      />
      <div class="row">
        <button
          type="button"
          class="small"
          disabled={flaw !== null || value.value.trim() === ""}
          onClick={() => {
            value.value = formatJson(value.value);
          }}
        >
          Format<span class="visually-hidden"> {label}</span>
        </button>
        {flaw === null ? null : (
          <button type="button" class="small" onClick={() => goTo(flaw.offset)}>
            Go to the error
          </button>
        )}
      </div>
    </div>
  );
}
