// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import Glibc
internal import UnixSignals

extension UnixSignal {
    /// Ends this process at once with the signal's default action, so that the parent sees which signal it was.
    ///
    /// To reset what the signal does and wait for the next one would not do: Dispatch, which hears the signals of
    /// `UnixSignalsSequence`, blocks them in all threads but the main one and reads them from a descriptor. One that comes
    /// while the main thread is still busy with the one before is read there, and does not end the process.
    func endProcess() -> Never {
        var own = sigset_t()
        sigemptyset(&own)
        sigaddset(&own, self.rawValue)
        signal(self.rawValue, SIG_DFL)
        pthread_sigmask(SIG_UNBLOCK, &own, nil)
        raise(self.rawValue)
        // Only where the signal is not one that ends a program.
        _exit(128 + self.rawValue)
    }
}
