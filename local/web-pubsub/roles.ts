export type Permission = 'joinLeaveGroup' | 'sendToGroup';

/**
 * Whether a client's roles let it use a group: `webpubsub.<permission>` for every group,
 * `webpubsub.<permission>.<group>` for one, `webpubsub.<permission>s.<pattern>` with `*` for many.
 */
export function isPermitted(roles: Iterable<string>, permission: Permission, group: string): boolean {
  const general = `webpubsub.${permission}`;
  const patterned = `${general}s.`;
  for (const role of roles) {
    if (role === general || role === `${general}.${group}`) return true;
    if (role.startsWith(patterned) && matches(role.slice(patterned.length), group)) return true;
  }
  return false;
}

/** The role that granting a permission adds. */
export function roleFor(permission: Permission, group: string | undefined): string {
  return group === undefined ? `webpubsub.${permission}` : `webpubsub.${permission}.${group}`;
}

function matches(pattern: string, group: string): boolean {
  const expression = pattern
    .split('*')
    .map((part) => part.replaceAll(/[.+?^${}()|[\]\\]/g, '\\$&'))
    .join('.*');
  return new RegExp(`^${expression}$`, 's').test(group);
}
