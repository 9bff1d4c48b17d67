// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

public import NIOCore

/// The body of a request whose route streams it. Confined to the connection's event loop.
///
/// Nothing is read from the peer while a piece waits for `ask()`: a receiver that asks only when it has room applies
/// back-pressure, and at most about one read (64 KiB) is in memory.
public final class HTTPBodyInflow {
    /// Why the rest of a body will not arrive.
    public enum StopReason: String, Error, CaseIterable, Sendable {
        /// The peer has disconnected, or closed its side in mid-body.
        case connectionLost = "connection_lost"
        /// The input is not valid HTTP.
        case malformed
        /// The peer took too long.
        case timeout
        /// The request was answered before its body was read completely.
        case answered
    }

    /// The body's length in bytes, if the peer declared it.
    public let length: Int?

    private var source: (any HTTPBodyInflowSource)?
    private var receiver: (any HTTPBodyReceiver)?
    private var stopReason: StopReason?

    init(length: Int?, source: any HTTPBodyInflowSource) {
        self.length = length
        self.source = source
    }

    /// Sets the receiver; call once. If the body has already stopped, the receiver is told at once.
    public func start(_ receiver: any HTTPBodyReceiver) {
        precondition(self.receiver == nil, "a body is taken once")
        if let stopReason {
            receiver.bodyStopped(stopReason)
        } else {
            self.receiver = receiver
        }
    }

    /// Requests the next piece, which may be delivered before this returns. Must not be called again until it has
    /// arrived.
    public func ask() {
        self.source?.bodyAsked()
    }

    func deliver(_ bytes: ByteBuffer) {
        self.receiver?.bodyArrived(bytes)
    }

    func deliverEnd() {
        // Breaks the reference cycle between the two.
        let receiver = self.receiver.take()
        self.source = nil
        receiver?.bodyEnded()
    }

    func stop(_ reason: StopReason) {
        guard self.source != nil else { return }
        self.source = nil
        self.stopReason = reason
        self.receiver.take()?.bodyStopped(reason)
    }
}

@available(*, unavailable)
extension HTTPBodyInflow: Sendable {}

/// Receives a request's body. On the connection's event loop.
public protocol HTTPBodyReceiver: AnyObject {
    /// The requested piece has arrived.
    func bodyArrived(_ bytes: ByteBuffer)
    /// In place of a piece: the body is complete.
    func bodyEnded()
    /// The rest will not arrive; may be called without a request. The body received so far is incomplete.
    func bodyStopped(_ reason: HTTPBodyInflow.StopReason)
}

/// The connection that a body comes from.
protocol HTTPBodyInflowSource: AnyObject {
    func bodyAsked()
}
