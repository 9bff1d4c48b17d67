// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

import Foundation
import Shared
import Testing

/// What is said of metrics is said of those that there are.
@Suite struct MetricCatalogueTests {
    private static let sources = URL(filePath: #filePath).deletingLastPathComponent()
        .appending(path: "../../../Sources").standardized

    /// Every metric that the sources name has a sentence, and no sentence is about a metric that is gone.
    @Test func namesAreThoseOfTheSources() throws {
        var names: Set<String> = []
        let files = try #require(FileManager.default.enumerator(at: Self.sources, includingPropertiesForKeys: nil))
        for case let file as URL in files where file.pathExtension == "swift" {
            guard file.lastPathComponent != "MetricCatalogue.swift" else { continue }
            let text = try String(contentsOf: file, encoding: .utf8)
            for match in text.matches(of: #/"(hookwire_[a-z_]+)"/#) { names.insert(String(match.output.1)) }
        }
        // The client that `hookwire doctor` plays has a name of that form.
        names.remove("hookwire_doctor")
        #expect(names.count > 50)
        #expect(names == Set(MetricCatalogue.help.keys))
    }

    /// Sentences end, and have nothing that the text format would have to escape.
    @Test func sentences() {
        for (name, help) in MetricCatalogue.help {
            #expect(help.hasSuffix(".") && !help.contains("\n") && !help.contains("\\"), "\(name)")
        }
    }
}
