// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import InspectorPage
internal import NIOCore
internal import NIOHTTP1
internal import Shared

/// The inspector's page: `GET /`, and its scripts and its look below `/inspector/`. It holds nothing of anybody's, so that
/// everybody may have it; what it asks for is behind a bot's secret.
enum PageRoutes {
    /// Only what comes from here, as files: no inline scripts or styles, no frames, no forms, nothing from elsewhere, and
    /// no way for text to become markup.
    static let policy = [
        "default-src 'none'", "script-src 'self'", "style-src 'self'", "connect-src 'self'", "img-src 'self' data:",
        "base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'", "require-trusted-types-for 'script'",
        "trusted-types 'none'",
    ].joined(separator: "; ")

    static func addRoutes(to router: inout Router) {
        for page in self.pages {
            router.on(.GET, page.path) { page.answer(to: $0) }
        }
    }

    /// The page as it is answered: made once, its bytes shared by all event loops.
    private static let pages = InspectorFile.all.map { Page($0) }

    private struct Page: Sendable {
        let path: String
        private let tag: String
        private let body: ByteBuffer
        private let headers: [(name: String, value: String)]

        init(_ file: InspectorFile) {
            self.path = file.name == "index.html" ? "/" : "/inspector/\(file.name)"
            self.tag = "\"\(Hex.encode(Digest.sha256(file.bytes).prefix(12)))\""
            self.body = ByteBuffer(bytes: file.bytes)
            self.headers = [
                ("Content-Type", file.mediaType),
                ("ETag", self.tag),
                // Asked for each time, and answered with 304: nobody has half of an old page.
                ("Cache-Control", "no-cache"),
                ("Content-Security-Policy", PageRoutes.policy),
                ("X-Content-Type-Options", "nosniff"),
                ("Referrer-Policy", "no-referrer"),
                ("Cross-Origin-Opener-Policy", "same-origin"),
                ("Cross-Origin-Resource-Policy", "same-origin"),
            ]
        }

        func answer(to request: HTTPRequest) -> HTTPReply {
            let known = request.headers[canonicalForm: "if-none-match"]
            // A proxy that compresses makes the tag a weak one (RFC 9110, section 8.8.3).
            guard known.contains(where: { $0 == self.tag || $0 == "W/\(self.tag)" || $0 == "*" }) else {
                return .response(HTTPResponse(status: .ok, headers: self.headers, body: self.body))
            }
            return .response(HTTPResponse(status: .notModified, headers: self.headers))
        }
    }
}
