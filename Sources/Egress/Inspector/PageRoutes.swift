// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import InspectorPage
internal import NIOCore
internal import NIOHTTP1
internal import Shared

/// The inspector's page: `GET /`, and its scripts and styles below `/inspector/`. It contains no user data, so it is
/// public; the data it requests needs a bot's secret.
enum PageRoutes {
    static func addRoutes(to router: inout Router) {
        for (path, file) in self.files {
            router.on(.GET, path) { file.answer(to: $0) }
        }
    }

    /// Created once, for all event loops.
    private static let files: [(path: String, file: StaticFile)] = InspectorFile.inspector.map { file in
        (
            file.name == "index.html" ? "/" : "/inspector/\(file.name)",
            StaticFile(file.bytes, mediaType: file.mediaType, headers: PagePolicy.headers)
        )
    }
}
