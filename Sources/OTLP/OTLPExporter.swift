// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import AsyncHTTPClient
public import Logging
public import NIOCore
internal import NIOHTTP1
public import Shared
internal import Synchronization

/// Sends spans to a collector: OTLP over HTTP, in JSON. Nothing waits for it: spans are queued, within a bound, and sent in
/// batches by a task of its own; what the collector does not take is dropped and counted.
public final class OTLPExporter: SpanSink {
    /// The most of an answer that is read, in bytes.
    private static let answerLimit = 64 << 10
    /// The minimum time between log lines about dropped spans.
    private static let logPause = TimeAmount.seconds(60)
    private static let answerMembers = JSONMemberNames("partialSuccess")
    private static let partialMembers = JSONMemberNames("rejectedSpans")

    private struct State {
        var queue: SpanQueue
        /// How many are on their way to the collector, or wait to be sent there again.
        var sending = 0
        /// When what is left is dropped; nil until the end.
        var deadline: NIODeadline?
        var nextLine = NIODeadline.uptimeNanoseconds(0)
    }

    private let configuration: OTLPConfiguration
    private let client: HTTPClient
    private let metrics = OTLPMetrics()
    private let logger: Logger
    private let state: Mutex<State>
    private let wake: AsyncStream<Void>.Continuation
    private let timer: RepeatedTask
    private let work: Mutex<Task<Void, Never>?> = Mutex(nil)

    /// Begins to export.
    ///
    /// - Parameter group: its event loops carry the connection, and it must outlive `shutdown`.
    public init(configuration: OTLPConfiguration, group: any EventLoopGroup, logger: Logger) {
        var settings = HTTPClient.Configuration()
        // The fields that open the collector are for it alone.
        settings.redirectConfiguration = .disallow
        settings.timeout = .init(connect: .seconds(5))
        self.configuration = configuration
        self.client = HTTPClient(eventLoopGroupProvider: .shared(group), configuration: settings)
        self.logger = logger
        self.state = Mutex(State(queue: SpanQueue(limit: configuration.queueLimit)))
        let (signals, wake) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        self.wake = wake
        self.timer = group.any().scheduleRepeatedTask(
            initialDelay: configuration.interval,
            delay: configuration.interval
        ) { _ in wake.yield() }
        self.work.withLock {
            $0 = Task { [weak self] in
                for await _ in signals { await self?.exportAll() }
            }
        }
    }

    public func record(_ span: TraceSpan) {
        let (isTaken, hasEnded, count, sending) = self.state.withLock { state in
            let hasEnded = state.deadline != nil
            let isTaken = !hasEnded && state.queue.append(span)
            return (isTaken, hasEnded, state.queue.count, state.sending)
        }
        guard isTaken else { return self.metrics.ended(hasEnded ? .shutdown : .queueFull, 1) }
        self.metrics.queued(count + sending)
        if count == self.configuration.batchLimit { self.wake.yield() }
    }

    /// Sends what is queued, within the time, and ends. Call once.
    public func shutdown(within time: TimeAmount) async {
        self.state.withLock { $0.deadline = .now() + time }
        self.timer.cancel()
        self.wake.finish()
        if let work = self.work.withLock({ $0.take() }) {
            let end = Task {
                try await Task.sleep(nanoseconds: UInt64(max(0, time.nanoseconds)))
                work.cancel()
            }
            await work.value
            end.cancel()
        }
        await self.exportAll()
        // It fails only where it is shut down already.
        try? await self.client.shutdown()
    }

    private func exportAll() async {
        while true {
            let (batch, rest) = self.state.withLock { state in
                let batch = state.queue.take(self.configuration.batchLimit)
                state.sending = batch.count
                return (batch, state.queue.count)
            }
            self.metrics.queued(batch.count + rest)
            guard !batch.isEmpty else { return }
            await self.export(batch)
        }
    }

    private func export(_ batch: [TraceSpan]) async {
        let body = ByteBuffer(bytes: OTLPJSON.encode(batch, resource: self.configuration.resource))
        var retries = ExportRetries(self.configuration)
        while true {
            guard let time = self.timeLeft else { return self.drop(batch.count, .shutdown, why: "the node ended") }
            let (answer, why) = await self.send(body, within: time)
            switch retries.answered(answer) {
            case .done(let rejected):
                // What a collector says is not a number of spans until it is one.
                let rejected = min(rejected, batch.count)
                self.metrics.ended(.exported, batch.count - rejected)
                if rejected > 0 { self.drop(rejected, .refused, why: "the collector refused some of a batch") }
                return
            case .giveUp(let outcome):
                return self.drop(batch.count, outcome, why: why)
            case .wait(let pause):
                await self.wait(pause)
            }
        }
    }

    /// How long a request may take now; nil where there is no time any more.
    private var timeLeft: TimeAmount? {
        guard let deadline = self.state.withLock({ $0.deadline }) else { return self.configuration.timeout }
        let left = deadline - .now()
        return left > .zero ? min(left, self.configuration.timeout) : nil
    }

    /// Waits, but not beyond the node's end: where that comes meanwhile, `shutdown` cancels the task that waits.
    private func wait(_ pause: TimeAmount) async {
        let deadline = self.state.withLock { $0.deadline }
        let time = deadline.map { min(pause, $0 - NIODeadline.now()) } ?? pause
        try? await Task.sleep(nanoseconds: UInt64(max(0, time.nanoseconds)))
    }

    private func send(_ body: ByteBuffer, within time: TimeAmount) async -> (ExportAnswer, why: String) {
        var request = HTTPClientRequest(url: self.configuration.endpoint + OTLPConfiguration.tracesPath)
        request.method = .POST
        request.headers.add(name: "Content-Type", value: "application/json")
        for header in self.configuration.headers {
            header.value.exposeUTF8 {
                request.headers.add(name: header.name, value: String(decoding: $0, as: UTF8.self))
            }
        }
        request.body = .bytes(body)
        do {
            let deadline = NIODeadline.now() + time
            let response = try await self.client.execute(request, deadline: deadline)
            let status = response.status.code
            // What took the spans has said so; an answer that does not end is not waited for.
            let answer = try? await Deadline.run(until: deadline) { [body = response.body] in
                try await body.collect(upTo: Self.answerLimit)
            }
            let outcome = ExportAnswer(
                status: status,
                retryAfter: response.headers.first(name: "retry-after"),
                rejected: answer.map { Self.rejected(in: $0) } ?? 0
            )
            switch outcome {
            case .accepted: self.metrics.exported(.accepted)
            case .later: self.metrics.exported(.later)
            case .refused: self.metrics.exported(.refused)
            }
            return (outcome, "the collector answered \(status)")
        } catch {
            self.metrics.exported(.failed)
            // The kind of error alone: what else it says may repeat what was sent.
            return (.later(nil), (error as? HTTPClientError)?.shortDescription ?? "\(type(of: error))")
        }
    }

    /// How many spans an answer says were refused (`partialSuccess`).
    static func rejected(in answer: ByteBuffer) -> Int {
        answer.withUnsafeReadableBytes { bytes -> Int in
            guard let view = try? JSONObjectView(validating: bytes, members: self.answerMembers),
                let partial = view["partialSuccess"]
            else { return 0 }
            guard let view = try? JSONObjectView(validating: partial.raw, members: self.partialMembers),
                let count = view["rejectedSpans"]
            else { return 0 }
            // A number of 64 bits is a text in OTLP's JSON; some write it as a number.
            return max(0, count.string.flatMap { Int($0) } ?? count.integer.flatMap { Int(exactly: $0) } ?? 0)
        }
    }

    private func drop(_ count: Int, _ outcome: SpanOutcome, why: String) {
        self.metrics.ended(outcome, count)
        let isDue = self.state.withLock { state in
            guard .now() >= state.nextLine else { return false }
            state.nextLine = .now() + Self.logPause
            return true
        }
        guard isDue else { return }
        self.logger.warning(
            "spans were dropped; hookwire_trace_spans_total counts them",
            metadata: ["reason": "\(outcome.rawValue)", "detail": "\(why)", "spans": "\(count)"]
        )
    }
}
