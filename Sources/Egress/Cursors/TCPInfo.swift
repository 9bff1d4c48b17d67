// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore

/// What Linux says of a TCP connection (`TCP_INFO`, linux/tcp.h `struct tcp_info`), as far as it is read here. glibc's own
/// structure ends before the counters of bytes.
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

    /// How far a connection is; nil for what is no TCP connection, or on a Linux before 4.19, which does not count.
    /// On the channel's event loop.
    static func transmission(of channel: any Channel) -> Transmission? {
        guard let provider = channel as? any SocketOptionProvider else { return nil }
        var info: TCPInfo?
        // On its own event loop the answer is there at once.
        provider.unsafeGetSocketOption(level: .tcp, name: Self.option).assumeIsolated().whenSuccess {
            (answer: TCPInfo) in info = answer
        }
        guard let info, info.bytesSent > 0 else { return nil }
        // The two are counted apart: no arithmetic of ours may depend on the kernel's.
        let (sent, isOdd) = info.bytesSent.subtractingReportingOverflow(info.bytesRetransmitted)
        return Transmission(
            // All that was sent, again or not, is too many, and so nothing is taken for had that may not be.
            written: (isOdd ? info.bytesSent : sent) + UInt64(info.bytesNotSent),
            unsent: UInt64(info.bytesNotSent),
            acknowledged: info.bytesAcknowledged
        )
    }
}
