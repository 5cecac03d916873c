// SPDX-License-Identifier: GPL-3.0-or-later
pragma circom 2.2.2;

include "circomlib/circuits/bitify.circom";
include "circomlib/circuits/comparators.circom";

/**
 * Prove: `union` is the bitmap of the tickets that are in one of the bitmaps `sets`, or that have the value 1 in one of
 * the `lines`.
 *
 * @param TICKETS bits of a bitmap, 1 … 253
 * @param SETS number of bitmaps, at least 1
 * @param LINES number of lines, at least 1
 * @input sets[SETS] below 2^TICKETS, else there is no witness (ensured by the caller)
 * @input lines[LINES][TICKETS] binary (ensured by the caller)
 * @output union below 2^TICKETS
 * @constraints TicketUnion(248, 2, 3): 992
 */
template TicketUnion(TICKETS, SETS, LINES) {
    assert(TICKETS >= 1 && TICKETS <= 253);
    assert(SETS >= 1 && LINES >= 1);
    
    signal input sets[SETS];
    signal input lines[LINES][TICKETS];
    signal output union;

    component bits[SETS];
    for (var set = 0; set < SETS; set++) {
        bits[set] = Num2Bits(TICKETS);
        bits[set].in <== sets[set];
    }

    component isAbsent[TICKETS];
    var sum = 0;
    for (var ticket = 0; ticket < TICKETS; ticket++) {
        var count = 0;
        for (var set = 0; set < SETS; set++) {
            count += bits[set].out[ticket];
        }
        for (var line = 0; line < LINES; line++) {
            count += lines[line][ticket];
        }
        isAbsent[ticket] = IsZero();
        isAbsent[ticket].in <== count;
        sum += (1 - isAbsent[ticket].out) * (1 << ticket);
    }
    union <== sum;
}
