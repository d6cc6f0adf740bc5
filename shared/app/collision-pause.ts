/** A short, random wait, so that writers that collided do not collide again in step. `attempt` counts from 1. */
export const collisionPause = (attempt: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, Math.random() * Math.min(10 * attempt, 100)));
