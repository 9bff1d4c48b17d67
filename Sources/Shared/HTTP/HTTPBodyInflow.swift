// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

public import NIOCore

/// The body of a request whose route takes it piece by piece. Lives on the connection's event loop, where all is called.
///
/// Nothing is read from the peer while a piece waits for `ask()`, so whoever asks only when there is room for more holds
/// the peer up, and bounds what is in memory to about one read (64 KiB).
public final class HTTPBodyInflow {
    /// Why the rest of a body does not come.
    public enum StopReason: String, Error, CaseIterable, Sendable {
        /// The peer has gone, or has closed its side in the middle.
        case connectionLost = "connection_lost"
        /// What came is no HTTP.
        case malformed
        /// The peer took too long.
        case timeout
        /// The request was answered before its body was taken whole.
        case answered
    }

    /// How many bytes are to come, where the peer has said it.
    public let length: Int?

    private var source: (any HTTPBodyInflowSource)?
    private var receiver: (any HTTPBodyReceiver)?
    private var stopReason: StopReason?

    init(length: Int?, source: any HTTPBodyInflowSource) {
        self.length = length
        self.source = source
    }

    /// Names who takes the body; once. Where the body has stopped by then, it is told at once.
    public func start(_ receiver: any HTTPBodyReceiver) {
        precondition(self.receiver == nil, "a body is taken once")
        if let stopReason {
            receiver.bodyStopped(stopReason)
        } else {
            self.receiver = receiver
        }
    }

    /// Asks for the next piece, which the receiver may get before this returns. Not again before it has come.
    public func ask() {
        self.source?.bodyAsked()
    }

    func deliver(_ bytes: ByteBuffer) {
        self.receiver?.bodyArrived(bytes)
    }

    func deliverEnd() {
        // Both have each other until here.
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

/// Who takes a request's body. On the connection's event loop.
public protocol HTTPBodyReceiver: AnyObject {
    /// The piece that was asked for.
    func bodyArrived(_ bytes: ByteBuffer)
    /// In place of a piece: the body is whole.
    func bodyEnded()
    /// The rest will not come; also without being asked. What was taken so far is no whole body.
    func bodyStopped(_ reason: HTTPBodyInflow.StopReason)
}

/// The connection that a body comes from.
protocol HTTPBodyInflowSource: AnyObject {
    func bodyAsked()
}
