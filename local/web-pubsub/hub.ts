import type { Connection } from './connection';

/** The hubs of the service: there is every one that somebody names. */
export class Hubs {
  private readonly byName = new Map<string, Hub>();

  /** @param name in any case */
  named(name: string): Hub {
    const key = name.toLowerCase();
    const hub = this.byName.get(key) ?? new Hub(name);
    this.byName.set(key, hub);
    return hub;
  }

  connections(): Connection[] {
    return [...this.byName.values()].flatMap((hub) => hub.all());
  }
}

/** Who is connected, as whom, and in which groups. A detached reliable connection counts as connected. */
export class Hub {
  private readonly byId = new Map<string, Connection>();
  private readonly byUser = new Map<string, Set<Connection>>();
  private readonly byGroup = new Map<string, Set<Connection>>();

  constructor(readonly name: string) {}

  add(connection: Connection): void {
    this.byId.set(connection.id, connection);
    if (connection.userId) addTo(this.byUser, connection.userId, connection);
  }

  remove(connection: Connection): void {
    this.byId.delete(connection.id);
    if (connection.userId) removeFrom(this.byUser, connection.userId, connection);
    for (const group of [...connection.groups]) this.leave(connection, group);
  }

  join(connection: Connection, group: string): void {
    connection.groups.add(group);
    addTo(this.byGroup, group, connection);
  }

  leave(connection: Connection, group: string): void {
    connection.groups.delete(group);
    removeFrom(this.byGroup, group, connection);
  }

  connection(id: string): Connection | undefined {
    return this.byId.get(id);
  }

  all(): Connection[] {
    return [...this.byId.values()];
  }

  ofUser(userId: string): Connection[] {
    return [...(this.byUser.get(userId) ?? [])];
  }

  inGroup(group: string): Connection[] {
    return [...(this.byGroup.get(group) ?? [])];
  }
}

function addTo(index: Map<string, Set<Connection>>, key: string, connection: Connection): void {
  const members = index.get(key);
  if (members) members.add(connection);
  else index.set(key, new Set([connection]));
}

function removeFrom(index: Map<string, Set<Connection>>, key: string, connection: Connection): void {
  const members = index.get(key);
  members?.delete(connection);
  if (members?.size === 0) index.delete(key);
}
