// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore
internal import NIOHTTP1
internal import NIOPosix

/// The developer's own server. Each request has a connection of its own, so that none is lost with one that the server was
/// about to close.
struct LocalServer: Sendable {
    /// The flag that has any certificate of it taken.
    private static let insecureFlag = "--insecure-to"
    private static let connectTimeout = TimeAmount.seconds(5)
    /// How late a timer may be that was not held up, and what an answer that lies there needs to be read.
    private static let moment = TimeAmount.milliseconds(500)

    let address: WebAddress
    private let tls: TLSClient
    /// How long an answer may take.
    private let timeout: TimeAmount
    private let eventLoop: any EventLoop

    init(address: WebAddress, timeout: TimeAmount, tls: TLSClient, eventLoop: any EventLoop) {
        self.address = address
        self.timeout = timeout
        self.tls = tls
        self.eventLoop = eventLoop
    }

    /// Whether anything listens there.
    ///
    /// - Returns: nil where it does, or why not; on the event loop.
    func check() -> EventLoopFuture<String?> {
        ClientBootstrap(group: self.eventLoop)
            .connectTimeout(Self.connectTimeout)
            .connect(host: self.address.host, port: self.address.port)
            .flatMap { $0.close().map { nil } }
            .flatMapError { error in self.eventLoop.makeSucceededFuture(Self.text(error)) }
    }

    /// Ends an exchange that has no answer in time.
    ///
    /// A process that was asleep, as a laptop is with its lid closed, cannot judge: the answer may lie unread, and is read
    /// within a moment then.
    private static func limit(_ exchange: LocalExchange, on channel: any Channel, until deadline: NIODeadline) {
        let bound = NIOLoopBound(exchange, eventLoop: channel.eventLoop)
        let task = channel.eventLoop.scheduleTask(deadline: deadline) {
            let now = NIODeadline.now()
            if now - deadline > self.moment {
                self.limit(bound.value, on: channel, until: now + self.moment)
            } else if let context = try? channel.pipeline.syncOperations.context(handler: bound.value) {
                bound.value.expire(context: context)
            }
        }
        exchange.whenOver { task.cancel() }
    }

    /// Sends a request.
    ///
    /// - Returns: a future on the event loop that fails with `LocalFailure`.
    func send(_ request: LocalRequest) -> EventLoopFuture<LocalAnswer> {
        let promise = self.eventLoop.makePromise(of: LocalAnswer.self)
        let (tls, address, timeout) = (self.tls, self.address, self.timeout)
        let start = NIODeadline.now()
        ClientBootstrap(group: self.eventLoop)
            .connectTimeout(min(Self.connectTimeout, timeout))
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let pipeline = channel.pipeline.syncOperations
                    try tls.add(to: channel, for: address)
                    var encoding = HTTPRequestEncoder.Configuration()
                    // The request says itself how long it is, in the place where the platform said it.
                    encoding.automaticallySetFramingHeaders = false
                    try pipeline.addHandler(HTTPRequestEncoder(configuration: encoding))
                    try pipeline.addHandler(
                        // Behind an answer that changes the protocol it reads nothing any more.
                        ByteToMessageHandler(
                            HTTPResponseDecoder(leftOverBytesStrategy: .dropBytes),
                            maximumBufferSize: 1 << 20
                        )
                    )
                    try pipeline.addHandler(NIOHTTPRequestHeadersValidator())
                    let exchange = LocalExchange(request, isTLS: address.isTLS, start: start, promise: promise)
                    try pipeline.addHandler(exchange)
                    Self.limit(exchange, on: channel, until: .now() + timeout)
                }
            }
            .connect(host: address.host, port: address.port)
            .whenFailure { promise.fail(LocalFailure.away(Self.text($0))) }
        return promise.futureResult
    }

    /// Why there is no connection to it, in a few words.
    static func text(_ error: any Error) -> String { ConnectFailure.text(error, flag: self.insecureFlag) }
}
