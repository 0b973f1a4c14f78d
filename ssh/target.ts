/** Where a connection goes and as whom, as the worker's own fleet files say at connect time (DESIGN.md, decision 8). */
export interface Target {
  /** The host's name in the fleet: what errors call it, and the first name looked up in known_hosts. */
  readonly name: string;
  readonly address: string;
  readonly port: number;
  readonly account: string;
  /** The host that the connection goes through; it may have one of its own. */
  readonly jump?: Target;
}

/** @returns `zlx230 (10.4.1.30:22)`, and the way there when it is not direct: how messages name a target. */
export function targetText(target: Target): string {
  const where = `${target.name} (${authority(target.address, target.port)})`;
  return target.jump === undefined ? where : `${where} through ${target.jump.name}`;
}

/** @returns one text per distinct connection: account, address, port and the whole chain of jump hosts. */
export function targetKey(target: Target): string {
  const here = JSON.stringify([target.name, target.account, target.address, target.port]);
  return target.jump === undefined ? here : `${here} ${targetKey(target.jump)}`;
}

function authority(address: string, port: number): string {
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
}
