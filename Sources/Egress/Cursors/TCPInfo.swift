// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore

/// The part of Linux's `TCP_INFO` (linux/tcp.h `struct tcp_info`) that is used here. glibc's own structure ends before
/// the byte counters.
struct TCPInfo: BitwiseCopyable {
    /// Eight bytes of state and options, and twenty-four counters of four bytes.
    private var before:
        (
            UInt64, UInt64, UInt64, UInt64, UInt64, UInt64, UInt64, UInt64, UInt64, UInt64, UInt64, UInt64, UInt64
        ) = (0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)
    private var pacingRate: UInt64 = 0
    private var maximumPacingRate: UInt64 = 0
    private var bytesAcknowledged: UInt64 = 0
    private var bytesReceived: UInt64 = 0
    private var segmentsOut: UInt32 = 0
    private var segmentsIn: UInt32 = 0
    private var bytesNotSent: UInt32 = 0
    private var minimumRoundTrip: UInt32 = 0
    private var dataSegmentsIn: UInt32 = 0
    private var dataSegmentsOut: UInt32 = 0
    private var deliveryRate: UInt64 = 0
    private var busyTime: UInt64 = 0
    private var receiveWindowLimited: UInt64 = 0
    private var sendBufferLimited: UInt64 = 0
    private var delivered: UInt32 = 0
    private var deliveredMarked: UInt32 = 0
    private var bytesSent: UInt64 = 0
    private var bytesRetransmitted: UInt64 = 0

    /// `TCP_INFO`, the same on every architecture of Linux.
    private static let option = NIOBSDSocket.Option(rawValue: 11)

    /// A connection's progress; nil if it is not TCP, or on Linux before 4.19, which has no counters. On the channel's
    /// event loop.
    static func transmission(of channel: any Channel) -> Transmission? {
        guard let provider = channel as? any SocketOptionProvider else { return nil }
        var info: TCPInfo?
        // On the channel's own event loop the future is already completed.
        provider.unsafeGetSocketOption(level: .tcp, name: Self.option).assumeIsolated().whenSuccess {
            (answer: TCPInfo) in info = answer
        }
        guard let info, info.bytesSent > 0 else { return nil }
        // The counters are independent: our arithmetic must not rely on the kernel's consistency.
        let (sent, isOdd) = info.bytesSent.subtractingReportingOverflow(info.bytesRetransmitted)
        return Transmission(
            // Including retransmissions overestimates what was written, so that nothing is wrongly taken as received.
            written: (isOdd ? info.bytesSent : sent) + UInt64(info.bytesNotSent),
            unsent: UInt64(info.bytesNotSent),
            acknowledged: info.bytesAcknowledged
        )
    }
}
