// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore
internal import NIOPosix
internal import Shared

/// The delegate of a subscription. All calls come on its event loop.
protocol SubscriptionOwner: AnyObject {
    /// The relay has taken the client; once per connection.
    func connected()

    /// A message of the relay's. An event is one that has not come before.
    func received(_ message: RelayMessage)

    /// An event that this client received on an earlier connection arrived again.
    func receivedAgain(_ event: ReceivedEvent)

    /// The connection is gone, or could not be made; it is tried again.
    ///
    /// - Parameter reason: in a few words.
    func disconnected(_ reason: String, retryIn pause: TimeAmount)

    /// It is not tried again; the last call.
    func failed(_ failure: SubscriptionStateMachine.Failure)
}

/// A bot's events from the relay, over as many connections as it takes: runs what `SubscriptionStateMachine` decides.
/// Bound to its event loop.
final class RelaySubscription {
    private let relay: WebAddress
    private let key: RelayKey
    private let tls: TLSClient
    private let eventLoop: any EventLoop
    private var subscription: Subscription
    private var owner: (any SubscriptionOwner)?
    private var machine = SubscriptionStateMachine()
    private var events: ReceivedEvents
    private var connection: RelayConnection?
    private var ticks: RepeatedTask?
    /// Whether the connection goes on behind a position where another one ended, and the relay has not said that it can.
    private var awaitsRecovery = false
    /// Whether the connection takes the place of one whose owner has been told that it is connected.
    private var isReplacement = false
    /// When the relay first took the client, in milliseconds since 1970: a client that has no position yet asks for what came
    /// since. By the wall's clock, for the other one stands still while the machine sleeps.
    private var firstOpened: Int64?
    private var acknowledgement: Position?
    private var pace = AcknowledgementPace()
    /// The epoch of the log that the connection has shown; nil where it has not shown any.
    private var epoch: Epoch?
    /// Whether the last acknowledgement has not been handed to a connection.
    private(set) var owesAcknowledgement = false

    /// - Parameter relay: of an egress node, or of a relay that is both.
    init(
        relay: WebAddress,
        key: RelayKey,
        subscription: Subscription,
        tls: TLSClient,
        eventLoop: any EventLoop,
        owner: any SubscriptionOwner
    ) {
        self.relay = relay
        self.key = key
        self.subscription = subscription
        self.events = ReceivedEvents(knowsContents: subscription.consumer == nil)
        self.tls = tls
        self.eventLoop = eventLoop
        self.owner = owner
    }

    /// Begins; once.
    func start() {
        self.run(self.machine.connect(now: .now()))
        let bound = NIOLoopBound(self, eventLoop: self.eventLoop)
        self.ticks = self.eventLoop.scheduleRepeatedTask(
            initialDelay: SubscriptionStateMachine.tickInterval,
            delay: SubscriptionStateMachine.tickInterval
        ) { _ in
            let this = bound.value
            this.run(this.machine.tick(now: .now(), wall: WallClock.now()))
        }
    }

    /// Says goodbye; the owner hears no more.
    ///
    /// - Returns: a future that succeeds when the relay has read what was sent, or after a time-out.
    @discardableResult
    func stop() -> EventLoopFuture<Void> {
        self.sendOwedAcknowledgement()
        self.machine.end()
        self.ticks?.cancel()
        self.owner = nil
        let connection = self.connection
        self.connection = nil
        return connection?.finish() ?? self.eventLoop.makeSucceededVoidFuture()
    }

    /// Leaves what comes to the relay until the client has room again.
    var isPaused = false {
        didSet {
            self.machine.paused(self.isPaused, now: .now())
            self.connection?.isPaused = self.isPaused
        }
    }

    /// Sends a frame of the envelope protocol.
    ///
    /// - Returns: whether there is a connection to send it on.
    @discardableResult
    func send(_ frame: [UInt8]) -> Bool {
        self.connection?.send(frame) ?? false
    }

    /// Tells the relay that everything up to a position is done with: now, or on the next connection.
    func acknowledge(_ position: Position) {
        self.acknowledgement = position
        self.owesAcknowledgement = true
        switch self.pace.take(now: .now()) {
        case .now:
            self.flushAcknowledgement()
        case .later(let pause):
            let bound = NIOLoopBound(self, eventLoop: self.eventLoop)
            self.eventLoop.scheduleTask(in: pause) {
                bound.value.sendOwedAcknowledgement()
            }
        case .waits:
            break
        }
    }

    /// Sends what the pace has put off, if there is a connection.
    func sendOwedAcknowledgement() {
        if self.owesAcknowledgement { self.flushAcknowledgement() }
    }

    /// Sends it on a connection to the log that it is of. In a log that has begun anew it would be a place that the client
    /// has not reached, or none.
    private func flushAcknowledgement() {
        guard let position = self.acknowledgement, let epoch = self.epoch else { return }
        guard position.epoch == epoch else {
            self.acknowledgement = nil
            self.owesAcknowledgement = false
            return
        }
        if self.send(ClientMessage.acknowledgement(of: position)) { self.owesAcknowledgement = false }
    }

    /// The connection has shown which log it is to.
    private func see(_ epoch: Epoch) {
        guard self.epoch != epoch else { return }
        self.epoch = epoch
        // The relay may not have had the last word of the connection before.
        self.flushAcknowledgement()
    }

    // MARK: Actions

    private func run(_ action: SubscriptionStateMachine.Action, because reason: String = "") {
        switch action {
        case .none:
            break
        case .connect:
            self.connect()
        case .wait(let pause):
            self.connection = nil
            self.isReplacement = false
            self.owner?.disconnected(reason, retryIn: pause)
            let bound = NIOLoopBound(self, eventLoop: self.eventLoop)
            self.eventLoop.scheduleTask(in: pause) {
                let this = bound.value
                this.run(this.machine.connect(now: .now()))
            }
        case .ping:
            self.ask()
        case .drop:
            self.connection?.drop()
            self.connection = nil
            self.lost(code: nil, text: "the relay has been silent")
        case .fail(let failure):
            let owner = self.owner
            self.stop()
            owner?.failed(failure)
        }
    }

    private func connect() {
        let key = Base64.encode(SecureRandom.bytes(16))
        let subscription = self.current
        if case .after = subscription.start, self.firstOpened != nil {
            self.awaitsRecovery = true
        } else {
            self.awaitsRecovery = false
        }
        let connection = RelayConnection(
            request: self.handshake(subscription, key: key),
            accept: WebSocketHandshake.acceptance(of: key),
            owner: self
        )
        self.connection = connection
        connection.isPaused = self.isPaused
        let (relay, tls) = (self.relay, self.tls)
        ClientBootstrap(group: self.eventLoop)
            .channelOption(.autoRead, value: false)
            .channelOption(.socketOption(.so_keepalive), value: 1)
            .channelOption(.tcpOption(.tcp_nodelay), value: 1)
            .connectTimeout(.seconds(10))
            // A name's addresses are tried side by side, so this may run for several channels.
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture { try tls.add(to: channel, for: relay) }
            }
            .connect(host: relay.host, port: relay.port)
            .assumeIsolated()
            // The connection is of the one channel that is kept.
            .flatMapThrowing { channel in try channel.pipeline.syncOperations.addHandler(connection) }
            .whenFailure { error in
                guard self.connection === connection else { return }
                self.lost(code: nil, text: ConnectFailure.text(error))
            }
    }

    /// Asks how far the relay is, which is a sign of life, too.
    private func ask() {
        self.send(ClientMessage.ping())
    }

    private func handshake(_ subscription: Subscription, key: String) -> String {
        """
        GET \(self.relay.prefix)\(self.key.target("/ws?\(subscription.query)")) HTTP/1.1\r
        Host: \(self.relay.authority)\r
        \(self.key.field.name): \(self.key.field.value)\r
        Connection: Upgrade\r
        Upgrade: websocket\r
        Sec-WebSocket-Version: 13\r
        Sec-WebSocket-Protocol: cloudevents.json\r
        Sec-WebSocket-Key: \(key)\r
        \r

        """
    }

    /// Up to a position all has come. The relay keeps a consumer's place itself.
    private func reached(_ position: Position) {
        if self.subscription.consumer == nil { self.events.reached(position) }
    }

    /// What is asked for now. The relay knows a consumer's place; who is none goes on behind what it has.
    private var current: Subscription {
        let now = WallClock.now()
        let openFor = self.firstOpened.map { now - $0 }
        return self.subscription.resumed(
            behind: self.events.position,
            openFor: openFor,
            missing: self.events.isPositionLost ? self.events.age(now: now) ?? openFor : nil
        )
    }

    /// The relay cannot go on behind the position: what it still has, it has by time.
    private func askByTime() {
        self.events.losePosition()
        _ = self.connection?.finish()
        self.connection = nil
        self.isReplacement = true
        self.run(
            self.machine.replace(now: .now(), dice: .random(in: 0...1)),
            because: "the relay cannot go on where the connection ended"
        )
    }
}

extension RelaySubscription: RelayConnectionOwner {
    func opened(_ connection: RelayConnection) {
        guard connection === self.connection else { return }
        // Where nothing of the past is asked for, nothing says where it begins: before there is an event, that is a
        // place to come back to.
        let beginsUnseen = self.firstOpened == nil && self.subscription.start == .live
        self.firstOpened = self.firstOpened ?? WallClock.now()
        self.machine.opened(now: .now())
        self.epoch = nil
        if beginsUnseen { self.ask() }
        if !self.isReplacement { self.owner?.connected() }
        self.isReplacement = false
    }

    func refused(_ connection: RelayConnection, _ refusal: HandshakeRefusal) {
        guard connection === self.connection else { return }
        self.run(self.machine.refused(refusal, now: .now(), dice: .random(in: 0...1)), because: refusal.text)
    }

    func heard(_ connection: RelayConnection) {
        guard connection === self.connection else { return }
        self.machine.heard(now: .now())
    }

    func received(_ frame: ByteBuffer, on connection: RelayConnection) {
        guard connection === self.connection else { return }
        let message = RelayMessage(frame)
        switch message {
        case .event(let event):
            self.awaitsRecovery = false
            self.see(event.position.epoch)
            if self.events.receive(event, now: WallClock.now()) {
                self.owner?.received(message)
            } else {
                self.owner?.receivedAgain(event)
            }
        case .recovery(var recovery):
            recovery.isAskedAgain = self.awaitsRecovery && recovery.loss != nil
            self.awaitsRecovery = false
            self.see(recovery.position.epoch)
            // Of what is asked for again, some may be before it.
            if !recovery.isAskedAgain { self.reached(recovery.position) }
            self.owner?.received(.recovery(recovery))
            // Unless the owner has enough.
            if recovery.isAskedAgain, self.owner != nil { self.askByTime() }
        case .pong(let position):
            if let position { self.reached(position) }
            self.owner?.received(message)
        case .replyResult, .fault, .other:
            self.owner?.received(message)
        }
    }

    func ended(_ connection: RelayConnection, code: Int?, text: String) {
        guard connection === self.connection else { return }
        self.lost(code: code, text: text)
    }

    /// A connection is gone, made or not.
    private func lost(code: Int?, text: String) {
        let reason = code.map { "\(text) (\($0))" } ?? text
        self.run(self.machine.lost(code: code, text: text, now: .now(), dice: .random(in: 0...1)), because: reason)
    }
}

@available(*, unavailable)
extension RelaySubscription: Sendable {}
