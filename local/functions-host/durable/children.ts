import type { InstanceRecord, ParentLink } from './instance';
import type { LiveInstances } from './live-instances';
import type { HistoryEvent } from './protocol';
import { subOrchestrationAnswer } from './sub-orchestration-answer';

export interface StartRequest {
  readonly instanceId: string;
  readonly name: string;
  /** JSON text. */
  readonly input: string | null;
  readonly version?: string;
  readonly parent?: ParentLink;
  /** W3C. */
  readonly traceParent?: string;
}

export function isSameParent(a: ParentLink | undefined, b: ParentLink): boolean {
  return a?.instanceId === b.instanceId && a.executionId === b.executionId && a.number === b.number;
}

/** The two steps between instances: a parent starts its child, and a child that has ended answers its parent. */
export class Children {
  private readonly notifying = new Set<string>();

  constructor(
    private readonly instances: LiveInstances,
    private readonly startInstance: (request: StartRequest) => Promise<'started' | 'in-use'>,
    private readonly defaultVersion: string | undefined,
  ) {}

  /** Whether the answer of an ended child is still on its way to the table. */
  isNotifying(instanceId: string): boolean {
    return this.notifying.has(instanceId);
  }

  /** Does nothing for an instance without a parent. Repeating it is harmless: the message has the key of the task. */
  async notifyParent(child: InstanceRecord): Promise<void> {
    if (!child.parent) return;
    this.notifying.add(child.instanceId);
    try {
      await this.answer(child.parent, child);
    } finally {
      this.notifying.delete(child.instanceId);
    }
  }

  /** Starts the child of a created event. Repeating it is harmless: the child knows the task it belongs to. */
  async start(created: HistoryEvent, parent: ParentLink): Promise<void> {
    const { InstanceId: instanceId = '', Name: name = '', Input: input = null } = created;
    const version = created.Version ?? this.defaultVersion;
    // Its own id would be waiting for itself.
    const isOwnId = instanceId === parent.instanceId;
    if (!isOwnId && (await this.startInstance({ instanceId, name, input, version, parent })) === 'started')
      return;
    await this.answer(parent, {
      name,
      status: 'Failed',
      output: JSON.stringify(`An instance with the id '${instanceId}' is already running.`),
      updatedAt: new Date().toISOString(),
    });
  }

  private async answer(
    { instanceId, executionId, number }: ParentLink,
    child: Parameters<typeof subOrchestrationAnswer>[0],
  ): Promise<void> {
    const event = subOrchestrationAnswer(child, number);
    await this.instances.deliver(instanceId, executionId, `${executionId}-s${number}`, event);
  }
}
