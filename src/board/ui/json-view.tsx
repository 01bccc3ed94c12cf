/** JSON as a tree that is built where it is opened; text of others is text here, whatever it looks like. */

import { useSignal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useMemo } from "preact/hooks";
import { say } from "../toast.tsx";
import { copyText } from "./clipboard.ts";
import { childrenOf, type JsonChild, type JsonNode, type JsonPlace, nodeAt } from "./json.ts";
import "./ui.css";

/** Children that are shown at once; the rest on demand. */
const CHUNK = 100;
/** Characters of a string that are shown at first. */
const SHORT = 400;
/** Small values are open from the start, as far as this. */
const OPEN_LENGTH = 3_000;
const OPEN_DEPTH = 4;

interface JsonViewProps {
  /** Valid JSON. */
  readonly text: string;
  /** What it is: `args`. */
  readonly label: string;
}

export function JsonView({ text, label }: JsonViewProps): ComponentChildren {
  const root = useMemo(() => nodeAt(text), [text]);
  return (
    <div class="json">
      <div class="row json-bar">
        <span class="muted small">{sizeText(text.length)}</span>
        <button type="button" class="quiet small push" onClick={() => copy(text, label)}>
          Copy<span class="visually-hidden"> {label}</span>
        </button>
      </div>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard. */}
      <section class="json-tree mono" aria-label={`${label}, as JSON`} tabIndex={0} key={text}>
        <Value text={text} node={root} depth={0} name={label} />
      </section>
    </div>
  );
}

async function copy(text: string, label: string): Promise<void> {
  if (await copyText(text)) say(`Copied ${label}, exactly as received.`, "good");
  else say("The browser does not let this page copy.", "bad");
}

const sizeText = (length: number): string =>
  length < 10_000 ? `${length} characters` : `${Math.round(length / 1_000).toLocaleString("en")} thousand characters`;

interface ValueProps {
  readonly text: string;
  readonly node: JsonNode;
  readonly depth: number;
  readonly name: string;
}

function Value(props: ValueProps): ComponentChildren {
  const { text, node } = props;
  if (node.kind === "string") return <Text raw={text.slice(node.start, node.end)} />;
  if (node.kind === "number") return <span class="json-number">{text.slice(node.start, node.end)}</span>;
  if (node.kind === "literal") return <span class="json-literal">{text.slice(node.start, node.end)}</span>;
  if (node.count === 0) return <span class="json-mark">{node.kind === "object" ? "{}" : "[]"}</span>;
  return <Branch {...props} />;
}

function Branch({ text, node, depth, name }: ValueProps): ComponentChildren {
  const isOpen = useSignal(depth === 0 || (text.length < OPEN_LENGTH && depth < OPEN_DEPTH));
  const isObject = node.kind === "object";
  const what = `${node.count.toLocaleString("en")} ${isObject ? "field" : "item"}${node.count === 1 ? "" : "s"}`;
  return (
    <>
      <button
        type="button"
        class="json-toggle"
        aria-expanded={isOpen.value}
        onClick={() => {
          isOpen.value = !isOpen.value;
        }}
      >
        <span class="visually-hidden">{name}: </span>
        <span class="json-mark" aria-hidden="true">
          {isObject ? "{" : "["}
        </span>
        {what}
        <span class="json-mark" aria-hidden="true">
          {isObject ? "}" : "]"}
        </span>
      </button>
      {isOpen.value ? <Children text={text} node={node} depth={depth} name={name} /> : null}
    </>
  );
}

interface Listed {
  readonly children: readonly JsonChild[];
  readonly next: JsonPlace | null;
}

function Children({ text, node, depth }: ValueProps): ComponentChildren {
  const first = useMemo<Listed>(() => childrenOf(text, node, CHUNK), [text, node]);
  const listed = useSignal(first);
  const { children, next } = listed.value;
  const more = (): void => {
    if (next === null) return;
    const part = childrenOf(text, node, CHUNK, next);
    listed.value = { children: [...children, ...part.children], next: part.next };
  };
  return (
    <ul>
      {children.map((child, place) => (
        <li key={place}>
          <span class={node.kind === "object" ? "json-key" : "json-place"}>{child.name}</span>
          <span class="json-mark">: </span>
          <Value text={text} node={child.node} depth={depth + 1} name={child.name} />
        </li>
      ))}
      {next === null ? null : (
        <li>
          <button type="button" class="json-more" onClick={more}>
            Show more of {node.count.toLocaleString("en")}
          </button>
        </li>
      )}
    </ul>
  );
}

/** A string as it is spelt, which shows what is in it, also what cannot be seen. */
function Text({ raw }: { readonly raw: string }): ComponentChildren {
  const shown = useSignal(SHORT);
  const rest = raw.length - shown.value;
  return (
    <>
      <span class="json-string">{rest > 0 ? `${raw.slice(0, shown.value)}…` : raw}</span>
      {rest > 0 ? (
        <button
          type="button"
          class="json-more"
          onClick={() => {
            shown.value *= 25;
          }}
        >
          Show more of {raw.length.toLocaleString("en")} characters
        </button>
      ) : null}
    </>
  );
}
