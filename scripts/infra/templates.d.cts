/** As much of an ARM template as is looked at: `resources` by symbolic name. */
export interface Template {
  readonly resources: Readonly<Record<string, TemplateResource>> | readonly TemplateResource[];
}

export interface TemplateResource {
  readonly type: string;
  readonly apiVersion: string;
  readonly existing?: boolean;
  readonly copy?: { readonly mode?: string; readonly batchSize?: number };
  readonly dependsOn?: readonly string[];
  readonly properties?: { readonly template?: Template };
}

/** What the compiler predicts of a deployment. */
export interface Snapshot {
  readonly predictedResources: readonly {
    readonly type: string;
    readonly name: string;
    readonly properties: unknown;
  }[];
}

/** Resources that are written at the same time although their parent takes one after the other. */
export function writtenTogether(template: Template): string[];
/** Parts of the deployment that do not wait for what they need. */
export function outOfOrder(template: Template): string[];
/** API versions that are used without a row in the table of infra/README.md, and rows that nothing uses. */
export function versionsWithoutProof(template: Template, readme: string): string[];
/** App settings that Flex Consumption refuses, or that take the place of the identity. */
export function refusedSettings(snapshot: Snapshot): string[];
