// What only a Runnel hub says.

/** Whether somebody published it: what the hub says for itself has no place of its own among the events. */
export function isPublished(type: string): boolean {
  return type.indexOf('runnel.') !== 0;
}

/** How often a Runnel hub says that it is there, in milliseconds, as its `runnel.open` tells; 0 if it does not. */
export function heartbeatOf(data: string): number {
  const heartbeat = /"heartbeat":(\d+)/.exec(data);
  return heartbeat ? +heartbeat[1]! : 0;
}

/** How long silence may last with such a heartbeat. */
export function patienceFor(heartbeat: number): number {
  return 2 * heartbeat + 5_000;
}
