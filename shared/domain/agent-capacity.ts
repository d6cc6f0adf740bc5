/** What an agent has, and what its conversations hold of it. Units are whole numbers. */
export interface CapacityInUse {
  readonly totalUnits: number;
  readonly holdings: readonly { readonly units: number }[];
}

export const unitsInUse = ({ holdings }: CapacityInUse): number =>
  holdings.reduce((sum, { units }) => sum + units, 0);

/** Never below 0: a total that was lowered leaves nothing free until enough has been given back. */
export const unitsFree = (load: CapacityInUse): number => Math.max(0, load.totalUnits - unitsInUse(load));

export const fits = (load: CapacityInUse, units: number): boolean => units <= unitsFree(load);
