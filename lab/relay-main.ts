import { connect, createServer, type Socket } from 'node:net';
import type { RelayMode } from './relay';

/** Between two lines of the tarpit; a client that waits for a banner with a timeout between bytes never times out. */
const tarpitEveryMs = 1_000;
/** RFC 4253, 4.2: lines before the identification string; clients read them and go on. */
const bannerLine = 'this is not the banner that you wait for\r\n';
const floodChunk = bannerLine.repeat(1_000);

/** A reset overtakes bytes that the client has not read yet: measured, most of them get lost without a pause. */
const beforeResetMs = 50;

/** Stands before one host's sshd and misbehaves: `relay-main ADDRESS PORT SSHD-PORT MODE AFTER-BYTES`. */
function main([address, port, to, mode, afterBytes]: string[]): void {
  const behave: Record<RelayMode, (client: Socket) => void> = {
    tarpit: answerSlowly,
    flood: answerWithoutEnd,
    drop: (client) => relay(client, () => setTimeout(() => client.resetAndDestroy(), beforeResetMs)),
    stall: (client) => relay(client, () => undefined),
  };
  createServer((client) => {
    client.on('error', () => client.destroy());
    behave[mode as RelayMode](client);
  }).listen(Number(port), address);

  /** Passes bytes both ways until the host has sent enough, then lets `end` happen and passes no more. */
  function relay(client: Socket, end: () => void): void {
    const host = connect(Number(to), address);
    let left = Number(afterBytes);
    host.on('error', () => client.destroy());
    host.on('close', () => left > 0 && client.end());
    client.on('close', () => host.destroy());
    client.on('data', (bytes) => left > 0 && host.write(bytes));
    if (left === 0) end();
    host.on('data', (bytes) => {
      if (left === 0) return;
      const passed = bytes.subarray(0, left);
      left -= passed.length;
      client.write(passed, () => left === 0 && end());
    });
  }
}

function answerSlowly(client: Socket): void {
  client.resume();
  const timer = setInterval(() => client.write(bannerLine), tarpitEveryMs);
  client.on('close', () => clearInterval(timer));
}

function answerWithoutEnd(client: Socket): void {
  client.resume();
  const pour = () => {
    while (client.writable && client.write(floodChunk));
  };
  client.on('drain', pour);
  pour();
}

main(process.argv.slice(2));
