// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore
internal import Shared

/// One server-side WebSocket after its upgrade: the closing handshake, pings and pongs, back-pressure and liveness
/// (RFC 6455 sections 5.5 and 7). No IO and no clock of its own.
///
/// Its life: open, then closing (our close frame is queued or sent, and the owner has been told), then ended (nothing
/// is left but to drop the connection).
struct WebSocketStateMachine {
    private enum State {
        case open
        case closing(Closing)
        case ended
    }

    private struct Closing {
        var closeFrameWritten = false
        var peer: Peer
    }

    /// What is still to come from the peer of a closing connection.
    private enum Peer {
        /// Its close frame.
        case awaited
        /// Nothing parseable: it broke the protocol.
        case unreadable
        /// Nothing: its close frame has come, or it is believed dead.
        case finished
    }

    /// How an open socket starts to close: queue the frame, then tell the owner the reason.
    struct Ending: Equatable {
        var frame: WebSocketCloseFrame
        var reason: SocketEndReason
    }

    let configuration: WebSocketConfiguration
    private var liveness = WebSocketLiveness()
    private var state: State = .open

    init(configuration: WebSocketConfiguration) {
        self.configuration = configuration
    }

    /// Whether messages flow in both directions.
    var isOpen: Bool {
        if case .open = self.state { true } else { false }
    }

    /// Whether the closing handshake has begun and the connection is not dropped yet.
    var isClosing: Bool {
        if case .closing = self.state { true } else { false }
    }

    /// How long the closing handshake may take.
    var closeTimeout: TimeAmount { self.configuration.closeTimeout }

    private mutating func startClosing(
        _ frame: WebSocketCloseFrame,
        reason: SocketEndReason,
        peer: Peer
    ) -> Ending {
        self.state = .closing(Closing(peer: peer))
        return Ending(frame: frame, reason: reason)
    }
}

// MARK: From the peer

extension WebSocketStateMachine {
    /// Any bytes came: the peer lives.
    mutating func bytesReceived() {
        self.liveness.heard()
    }

    enum FrameReceivedAction: Equatable {
        case ignore
        case deliver(WebSocketMessage)
        /// Answer with the next pongs to be sent.
        case addPong(ByteBuffer)
        /// Answer in place of all pongs that were not sent yet: the latest ping is the one that needs an answer
        /// (RFC 6455 section 5.5.3).
        case replacePongs(ByteBuffer)
        case startClosing(Ending)
        /// The peer has read everything up to the probe of this number.
        case probeAnswered(UInt64)
        /// Both close frames are through: drop the connection.
        case drop
        /// The same, and the peer has read everything that was sent before ours.
        case dropAnswered
    }

    /// The parser made something of the peer's bytes.
    ///
    /// - Parameter hasRoomForPong: whether another pong may be kept: the channel takes output, and few pongs wait.
    mutating func frameReceived(_ frame: WebSocketFrameParser.Output, hasRoomForPong: Bool) -> FrameReceivedAction {
        switch self.state {
        case .open: self.frameReceivedWhileOpen(frame, hasRoomForPong: hasRoomForPong)
        case .closing(let closing): self.frameReceived(frame, while: closing)
        case .ended: .ignore
        }
    }

    private mutating func frameReceivedWhileOpen(
        _ frame: WebSocketFrameParser.Output,
        hasRoomForPong: Bool
    ) -> FrameReceivedAction {
        switch frame {
        case .message(let message):
            return .deliver(message)
        case .discardedMessage, .fragment:
            return .ignore
        case .pong(let payload):
            return WebSocketProbe.number(ofPong: payload).map { .probeAnswered($0) } ?? .ignore
        case .ping(let payload):
            return hasRoomForPong ? .addPong(payload) : .replacePongs(payload)
        case .close(let payload):
            do throws(WebSocketViolation) {
                let code = try WebSocketCloseFrame.code(ofPayload: payload)
                let reason = SocketEndReason(peerCode: code)
                return .startClosing(self.startClosing(.init(code: code), reason: reason, peer: .finished))
            } catch {
                // It was a close frame all the same: nothing follows it.
                return .startClosing(self.startClosing(after: error, peer: .finished))
            }
        case .violation(let violation):
            return .startClosing(self.startClosing(after: violation, peer: .unreadable))
        }
    }

    private mutating func startClosing(after violation: WebSocketViolation, peer: Peer) -> Ending {
        let reason = violation.endReason
        let frame = WebSocketCloseFrame(code: reason.closeCode, reason: violation.explanation)
        return self.startClosing(frame, reason: reason, peer: peer)
    }

    private mutating func frameReceived(
        _ frame: WebSocketFrameParser.Output,
        while closing: Closing
    ) -> FrameReceivedAction {
        guard case .awaited = closing.peer else { return .ignore }
        let isAnswer: Bool
        switch frame {
        case .close(let payload):
            // A peer that reports a failure closed at the same time as we did, and may not have read what came before.
            let code = try? WebSocketCloseFrame.code(ofPayload: payload)
            isAnswer = SocketEndReason(peerCode: code).isGoodbye
        case .violation: isAnswer = false
        case .message, .discardedMessage, .fragment, .ping, .pong: return .ignore
        }
        // Our own close frame is the answer to either, whatever it says.
        guard closing.closeFrameWritten else {
            self.state = .closing(Closing(peer: .finished))
            return .ignore
        }
        self.state = .ended
        return isAnswer ? .dropAnswered : .drop
    }

    enum ConnectionLostAction: Equatable {
        case ignore
        /// Drop the connection; the owner knows already.
        case drop
        /// Tell the owner and drop the connection.
        case end(SocketEndReason)
    }

    /// The peer finished its side of the connection, or the connection broke.
    mutating func connectionLost() -> ConnectionLostAction {
        defer { self.state = .ended }
        switch self.state {
        case .open: return .end(.connectionLost)
        case .closing: return .drop
        case .ended: return .ignore
        }
    }
}

// MARK: From the channel

extension WebSocketStateMachine {
    enum CloseFrameWrittenAction: Equatable {
        case none
        /// Close our side and keep reading. Closing the socket with unread input would reset the connection, and the
        /// peer could lose the close frame that explains the error.
        case finishOutput
        case drop
    }

    /// The kernel has our close frame and everything before it.
    mutating func closeFrameWritten() -> CloseFrameWrittenAction {
        guard case .closing(var closing) = self.state else { return .none }
        closing.closeFrameWritten = true
        switch closing.peer {
        case .awaited:
            self.state = .closing(closing)
            return .none
        case .unreadable:
            self.state = .closing(closing)
            return .finishOutput
        case .finished:
            self.state = .ended
            return .drop
        }
    }

    enum CloseDeadlineAction: Equatable {
        case none
        case drop
    }

    /// The time for the closing handshake is over.
    mutating func closeDeadlineReached() -> CloseDeadlineAction {
        guard case .closing = self.state else { return .none }
        self.state = .ended
        return .drop
    }
}

// MARK: From the owner

extension WebSocketStateMachine {
    enum SendAction: Equatable {
        case write
        /// The socket has ended; the frames are dropped.
        case refuse
        /// The outbound queue is full; the frames are dropped.
        case startClosing(Ending)
    }

    /// The owner wants to send frames.
    ///
    /// - Parameters:
    ///   - bytes: their size.
    ///   - backlog: the bytes that wait to be sent already. With none, frames of any size are taken: a single event
    ///     larger than the limit must not make a socket useless.
    ///   - position: where the peer should resume if it is closed as too slow; nil if its protocol has no positions.
    mutating func sendRequested(bytes: Int, backlog: Int, behind position: Position? = nil) -> SendAction {
        guard self.isOpen else { return .refuse }
        guard backlog == 0 || backlog <= self.configuration.outboundLimit - bytes else {
            let reason = SocketEndReason.slowConsumer
            let text = "slow consumer, resume from \(position?.description ?? "your last event")"
            let frame = WebSocketCloseFrame(code: reason.closeCode, reason: text)
            return .startClosing(self.startClosing(frame, reason: reason, peer: .awaited))
        }
        self.liveness.queued(bytes)
        return .write
    }

    enum CloseRequestedAction: Equatable {
        /// It is closing or has ended already; the first reason stands.
        case ignore
        case startClosing(Ending)
    }

    /// The owner wants the socket closed.
    mutating func closeRequested(_ frame: WebSocketCloseFrame, reason: SocketEndReason) -> CloseRequestedAction {
        guard self.isOpen else { return .ignore }
        return .startClosing(self.startClosing(frame, reason: reason, peer: .awaited))
    }

    enum HeartbeatAction: Equatable {
        case none
        case sendPing
        /// Read once though the channel is not writable.
        case read
        case startClosing(Ending)
    }

    /// The heartbeat wheel comes by.
    ///
    /// - Parameters:
    ///   - backlog: the bytes that wait to be sent.
    ///   - isReading: whether no read is held back.
    ///   - isMessageOverdue: whether the peer has begun a message and not finished it in time.
    mutating func heartbeatDue(
        _ heartbeat: Heartbeat,
        now: NIODeadline,
        backlog: Int,
        isReading: Bool,
        isMessageOverdue: Bool = false
    ) -> HeartbeatAction {
        guard self.isOpen else { return .none }
        guard !isMessageOverdue else {
            let reason = SocketEndReason.messageTimeout
            let frame = WebSocketCloseFrame(code: reason.closeCode, reason: "a message took too long; send it faster")
            return .startClosing(self.startClosing(frame, reason: reason, peer: .awaited))
        }
        switch heartbeat {
        case .ping:
            return self.liveness.pingIsDue(now: now, backlog: backlog) ? .sendPing : .none
        case .answer:
            let timeout = self.configuration.answerTimeout
            switch self.liveness.verdict(now: now, timeout: timeout, backlog: backlog, isReading: isReading) {
            case .undecided: return .none
            case .readFirst: return .read
            case .dead:
                let reason = SocketEndReason.noAnswer
                let frame = WebSocketCloseFrame(code: reason.closeCode, reason: "no answer to a ping")
                return .startClosing(self.startClosing(frame, reason: reason, peer: .finished))
            }
        }
    }
}
