// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import AsyncHTTPClient
internal import NIOCore
internal import NIOHTTP1

/// The body of an upload's response, passed from the platform's connection to the task that writes it to the client:
/// one part at a time.
struct QQUploadAnswer {
    typealias Parts = NIOThrowingAsyncSequenceProducer<
        ByteBuffer, any Error, NIOAsyncSequenceProducerBackPressureStrategies.HighLowWatermark, Demand
    >

    let response: HTTPClientResponse
    private let source: Parts.Source

    init(head: HTTPResponseHead, upload: QQUpload, eventLoop: any EventLoop) {
        let parts = Parts.makeSequence(
            backPressureStrategy: .init(lowWatermark: 1, highWatermark: 1),
            finishOnDeinit: false,
            delegate: Demand(upload: NIOLoopBound(upload, eventLoop: eventLoop))
        )
        self.source = parts.source
        self.response = HTTPClientResponse(
            version: head.version,
            status: head.status,
            headers: head.headers,
            body: .stream(parts.sequence)
        )
    }

    /// Passes a part on. Returns whether more is wanted.
    func yield(_ bytes: ByteBuffer) -> Bool {
        switch self.source.yield(contentsOf: CollectionOfOne(bytes)) {
        case .produceMore: true
        case .stopProducing, .dropped: false
        }
    }

    /// Ends the body; with an error if it is incomplete.
    func finish(_ error: (any Error)? = nil) {
        if let error {
            self.source.finish(error)
        } else {
            self.source.finish()
        }
    }

    /// Passes the reader's demand to the connection's event loop.
    final class Demand: NIOAsyncSequenceProducerDelegate {
        private let upload: NIOLoopBound<QQUpload>

        init(upload: NIOLoopBound<QQUpload>) {
            self.upload = upload
        }

        func produceMore() {
            self.upload.eventLoop.execute { self.upload.value.answerAsked() }
        }

        func didTerminate() {
            self.upload.eventLoop.execute { self.upload.value.answerDropped() }
        }
    }
}
