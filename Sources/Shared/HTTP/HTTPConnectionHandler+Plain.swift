// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore

/// The fast path: requests are parsed from the raw bytes, until the first one that is not plain.
extension HTTPConnectionHandler {
    /// Bytes have arrived, and every request so far was plain.
    func plainBytesReceived(_ bytes: ByteBuffer) {
        guard let context, !self.machine.ignoresInput else { return }
        self.isBatching = true
        if self.mustWait(context: context) {
            self.waiting.append(.plainBytes(bytes))
        } else {
            self.plain.append(bytes)
            self.readPlain(context: context)
        }
    }

    /// The peer closes its side.
    func plainInputEnds() {
        guard let context, self.plain.isWithinRequest, !self.mustWait(context: context) else { return }
        self.leavePlain(with: self.plain.takeRest())
    }

    /// Serves the plain requests received so far, until one has to wait.
    func readPlain(context: ChannelHandlerContext) {
        while self.takesNext(context: context) {
            switch self.plain.next() {
            case .needMore(let awaitsBody):
                if awaitsBody {
                    self.machine.plainHeadReceived(now: .now())
                    self.armTimer(context: context)
                } else if self.plain.isWithinRequest, self.machine.headBegun(now: .now()) {
                    self.armTimer(context: context)
                }
                return
            case .request(let request):
                guard self.machine.plainRequestReceived(isHandshake: request.isHandshake) else { continue }
                self.turn.serve(now: context.eventLoop.now)
                self.respond(
                    HTTPRequest(
                        request,
                        remoteAddress: self.proxiedAddress ?? context.channel.remoteAddress,
                        proxies: self.loop.proxies
                    ),
                    context: context
                )
            case .notPlain(let bytes):
                return self.leavePlain(with: bytes)
            }
        }
    }

    /// Switches to the full parser from these bytes on; `inputEnds` says that no more will follow.
    func leavePlain(with bytes: ByteBuffer, inputEnds: Bool = false) {
        self.machine.plainRequestAbandoned()
        // Pending input, which is only bytes and perhaps their end, goes after what the parser emits for the bytes.
        var bytes = bytes
        var rest = self.takePlainRest()
        bytes.writeBuffer(&rest)
        let inputEnds = inputEnds || self.isInputClosed
        self.waiting.removeAll()
        self.plainSource?.leave(toParserWith: bytes, inputEnds: inputEnds)
    }

    /// All bytes received and not parsed, if the full parser is not in use yet.
    func takePlainRest() -> ByteBuffer {
        var bytes = self.plain.takeRest()
        self.waiting.removeAll { item in
            guard case .plainBytes(let more) = item else { return false }
            bytes.writeImmutableBuffer(more)
            return true
        }
        return bytes
    }
}
