// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

import Testing

/// Waits until something is true that no event tells of, for 90 seconds at most; then the test fails.
///
/// - Parameter what: is waited for, to end the sentence "waited in vain until …".
func until(
    _ what: String = "it is so",
    sourceLocation: SourceLocation = #_sourceLocation,
    _ condition: () async throws -> Bool
) async throws {
    let end = ContinuousClock.now + .seconds(90)
    while try await !condition() {
        guard ContinuousClock.now < end else {
            Issue.record("waited in vain until \(what)", sourceLocation: sourceLocation)
            throw CancellationError()
        }
        try await Task.sleep(for: .milliseconds(5))
    }
}
