// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

/// Why a run could not take place. The sentence says what to do.
struct BenchError: Error, CustomStringConvertible {
    let message: String
    var description: String { self.message }
}

extension BenchError {
    /// No address accepts connections.
    ///
    /// - Parameter flag: the one that says where.
    init(cannotConnectTo targets: String, _ error: any Error, flag: String) {
        let reason = ConnectFailure.text(error)
        self.init(message: "Cannot connect to \(targets): \(reason). Check that the server runs, and \(flag).")
    }
}
