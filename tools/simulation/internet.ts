// SPDX-License-Identifier: MIT
import { seconds, type Clock } from "./clock.ts";
import type { Dice } from "./dice.ts";

/** A time in which groups of hosts cannot reach each other. */
export interface Partition {
  /** Seconds of the simulation. */
  readonly from: number;
  readonly until: number;
  /** The group of a host. */
  readonly groupOf: (host: number) => number;
}

export interface InternetOptions {
  readonly hosts: number;
  /** Round trip between two hosts, in seconds. */
  readonly roundTrip: (a: number, b: number) => number;
  /** Each packet takes up to this part longer, at random. */
  readonly jitter: number;
  /** Bits a second that a host can send; `Infinity` for no limit. */
  readonly bandwidth: number;
  /** Probability that a packet is lost, and sent again by TCP. */
  readonly loss: number;
  /** Probability that the whole of an RPC is lost for good. */
  readonly drop: number;
  readonly partitions: readonly Partition[];
}

/** Payload of a TCP segment and its headers (IPv4), in bytes. */
const [SEGMENT, HEADERS] = [1_460, 40];
/** Segments that TCP sends before it waits for an answer (RFC 6928). */
const INITIAL_WINDOW = 10;
/** Seconds that Linux waits beside the round trip before it sends a segment again; twice as long each time (RFC 6298). */
const RETRANSMISSION = 0.2;
/**
 * Seconds from a cut until a connection is closed: libp2p pings every 10 seconds, and the least of its timeouts is 2.
 * Uniform between both.
 */
const [LEAST_NOTICE, MOST_NOTICE] = [2, 12];
/** A new connection: TCP, Noise, Yamux, the protocols of both sides. Round trips. */
const HANDSHAKE = 5;
/** Seconds: a dial that nobody answers, the first pause after it, the longest, and the time between two looks. */
const DIAL = { timeout: 10, pause: 1, most: 60, look: 2 } as const;

/** Bytes that a host has sent and received. */
export interface Traffic {
  /** Bytes of TCP payload. */
  sent: number;
  received: number;
}

/**
 * TCP connections between hosts: latency, jitter, a bandwidth for each sender, slow start, packets that are lost and sent
 * again, order within a connection, and cuts.
 */
export class Internet {
  readonly traffic: readonly Traffic[];
  readonly #clock: Clock;
  readonly #dice: Dice;
  readonly #options: InternetOptions;
  /** Time at which the line of a host is free. */
  readonly #free: number[];
  /** Arrival of the last bytes of a connection, by sender and receiver. */
  readonly #last = new Map<number, number>();
  /** Seconds until the two ends of a connection see that it is cut. */
  readonly #notice = new Map<number, number>();

  constructor(clock: Clock, dice: Dice, options: InternetOptions) {
    this.#clock = clock;
    this.#dice = dice;
    this.#options = options;
    this.traffic = Array.from({ length: options.hosts }, () => ({ sent: 0, received: 0 }));
    this.#free = Array.from({ length: options.hosts }, () => 0);
  }

  /** Delivers bytes over the connection between two hosts, unless they are lost for good. */
  send(from: number, to: number, bytes: number, deliver: () => void): void {
    const { bandwidth, jitter, loss, drop } = this.#options;
    const { now } = this.#clock;
    const packets = Math.max(1, Math.ceil(bytes / SEGMENT));
    const start = Math.max(now, this.#free[from]!);
    const end = start + seconds((8 * (bytes + packets * HEADERS)) / bandwidth);
    this.#free[from] = end;
    this.traffic[from]!.sent += bytes;
    const roundTrip = this.#options.roundTrip(from, to);
    const oneWay = (roundTrip / 2) * (jitter > 0 ? 1 + jitter * this.#dice.part() : 1);
    let delay = oneWay + slowStart(packets) * roundTrip;
    if (loss > 0) delay += this.#repeats(packets, loss, RETRANSMISSION + roundTrip);
    let arrival = end + seconds(delay);
    const cut = this.#cut(from, to);
    if (cut !== undefined) {
      if (cut.until >= cut.from + this.#noticeOf(from, to)) return;
      // TCP tries again, later each time.
      let pause = RETRANSMISSION + roundTrip;
      for (; end + seconds(pause) < seconds(cut.until); pause *= 2);
      arrival = Math.max(arrival, end + seconds(pause + oneWay));
    }
    const line = from * this.#options.hosts + to;
    arrival = Math.max(arrival, this.#last.get(line) ?? 0);
    this.#last.set(line, arrival);
    if (drop > 0 && this.#dice.part() < drop) return;
    this.#clock.at(arrival, () => {
      this.traffic[to]!.received += bytes;
      deliver();
    });
  }

  /** Seconds of a round trip between two hosts. */
  roundTrip(a: number, b: number): number {
    return this.#options.roundTrip(a, b);
  }

  isCut(a: number, b: number): boolean {
    return this.#cut(a, b) !== undefined;
  }

  /** Plans when the ends of a connection see that it is closed, and when it is there again. */
  watch(a: number, b: number, closed: () => void, opened: () => void): void {
    for (const { from, until, groupOf } of this.#options.partitions) {
      if (groupOf(a) === groupOf(b)) continue;
      const noticed = from + this.#noticeOf(a, b);
      // So short that TCP brings everything later.
      if (noticed > until) continue;
      this.#clock.at(seconds(noticed), closed);
      this.#clock.at(seconds(this.#redialled(noticed, until, this.roundTrip(a, b))), opened);
    }
  }

  /** When a connection is there again: the dialler waits twice as long after each attempt. */
  #redialled(closed: number, healed: number, roundTrip: number): number {
    let attempt = closed + DIAL.look * this.#dice.part();
    for (let pause: number = DIAL.pause; attempt + DIAL.timeout < healed; pause = Math.min(DIAL.most, 2 * pause)) {
      attempt += DIAL.timeout + pause + DIAL.look * this.#dice.part();
    }
    // TCP's own attempts are among those of the dial that the healing meets.
    return Math.max(attempt, healed + RETRANSMISSION) + HANDSHAKE * roundTrip;
  }

  #cut(a: number, b: number): Partition | undefined {
    const now = this.#clock.now;
    return this.#options.partitions.find(
      ({ from, until, groupOf }) => now >= seconds(from) && now < seconds(until) && groupOf(a) !== groupOf(b),
    );
  }

  #noticeOf(a: number, b: number): number {
    const pair = Math.min(a, b) * this.#options.hosts + Math.max(a, b);
    const known = this.#notice.get(pair) ?? this.#dice.between(LEAST_NOTICE, MOST_NOTICE);
    this.#notice.set(pair, known);
    return known;
  }

  /** Seconds by which the last of the packets is late. */
  #repeats(packets: number, loss: number, timeout: number): number {
    let latest = 0;
    for (let packet = 0; packet < packets; packet++) {
      let late = 0;
      for (let pause = timeout; this.#dice.part() < loss; pause *= 2) late += pause;
      latest = Math.max(latest, late);
    }
    return latest;
  }
}

/** Round trips before the last of the packets is sent: the window doubles with each. */
function slowStart(packets: number): number {
  let rounds = 0;
  for (let window = INITIAL_WINDOW, sent = INITIAL_WINDOW; sent < packets; rounds++) {
    window *= 2;
    sent += window;
  }
  return rounds;
}
