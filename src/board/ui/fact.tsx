/** A name and what it is, in a list of facts. */

import type { ComponentChildren } from "preact";

interface FactProps {
  readonly name: string;
  readonly children: ComponentChildren;
}

export const Fact = ({ name, children }: FactProps): ComponentChildren => (
  <div>
    <dt>{name}</dt>
    <dd>{children}</dd>
  </div>
);
