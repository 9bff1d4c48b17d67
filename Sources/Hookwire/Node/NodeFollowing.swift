// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import Glibc
internal import UnixSignals

/// What may change while a node runs and is followed then: the registered bots, and the certificate.
struct NodeFollowing: Sendable {
    var bots: NodeRegistry?
    var certificate: CertificateStore?

    /// Follows both, and reads them again at SIGHUP, until the task is cancelled.
    ///
    /// A service manager's reload (SIGHUP) never ends a node. Closing the terminal that a node was started in ends it,
    /// unless there is something to reload.
    func run() async {
        let bots = self.bots
        let certificate = self.certificate
        let isHearing = bots != nil || certificate != nil || isatty(STDIN_FILENO) == 0
        await withDiscardingTaskGroup { group in
            if let bots { group.addTask { await bots.follow() } }
            if let certificate { group.addTask { await certificate.follow() } }
            if isHearing {
                group.addTask {
                    for await _ in await UnixSignalsSequence(trapping: .sighup) {
                        bots?.readAgain()
                        certificate?.readAgain()
                    }
                }
            }
        }
    }
}
