/**
 * In place of what lit has for style sheets of elements: those of the console draw into the page, which has one of its own
 * (`core/element.ts`). Whoever uses it all the same is told.
 */
const none = (): never => {
  throw new Error('Styles of the console belong into console.css.');
};
export { none as adoptStyles, none as css, none as CSSResult, none as getCompatibleStyle, none as unsafeCSS };
export const supportsAdoptingStyleSheets = false;
