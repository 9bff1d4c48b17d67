// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore
internal import NIOEmbedded
internal import NIOHTTP1
internal import Shared
internal import SignedRequests

/// A signed webhook request as it is read: by our reader of plain requests, and by NIO's decoder (llhttp), which takes all
/// of HTTP/1.1, with its handler and an embedded channel around it.
enum HTTPParsing {
    static var benchmarks: [Benchmark] {
        [
            Benchmark("http/plain-reader", against: "http/nio-decoder", expecting: SignedRequests.bodyLength) {
                var reader = PlainRequestReader(limits: HTTPLimits())
                let request = try Self.request()
                return {
                    reader.append(request)
                    guard case .request(let request) = reader.next() else { return -1 }
                    blackHole(request)
                    return request.body.readableBytes
                }
            },
            Benchmark("http/nio-decoder", expecting: SignedRequests.bodyLength) {
                let sink = RequestSink()
                let decoder = HTTPRequestDecoder(leftOverBytesStrategy: .dropBytes)
                let channel = EmbeddedChannel(handlers: [ByteToMessageHandler(decoder), sink])
                let request = try Self.request()
                return {
                    sink.bodyBytes = -1
                    channel.pipeline.fireChannelRead(request)
                    channel.pipeline.fireChannelReadComplete()
                    return sink.bodyBytes
                }
            },
        ]
    }

    private static func request() throws -> ByteBuffer {
        ByteBuffer(bytes: try SignedRequests(secret: SampleEvent.secret, count: 1).request(0))
    }
}

/// Takes the parts of a request, and notes how long the body was of one that is there whole.
private final class RequestSink: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart

    var bodyBytes = -1
    private var received = 0

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch self.unwrapInboundIn(data) {
        case .head(let head):
            blackHole(head)
            self.received = 0
        case .body(let bytes):
            self.received += bytes.readableBytes
        case .end:
            self.bodyBytes = self.received
        }
    }
}
